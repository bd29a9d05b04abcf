import * as z from 'zod';
import type { Classification, ScoredLabel } from '../../classify/classification.ts';
import { answerOf } from './answers.ts';
import { readInput, readJsonBody } from './read-input.ts';
import { type HttpReply, type HttpService, type ModelFacts, type Named, Refusal } from './service.ts';

const PATH = /^\/bots\/([^/]+)\/botAliases\/([^/]+)\/botLocales\/([^/]+)\/sessions\/([^/]+)\/text$/;
const VALIDATION: Named = { type: 'ValidationException', status: 400 };
const NOT_FOUND: Named = { type: 'ResourceNotFoundException', status: 404 };
/** Lex gives five interpretations; its fallback is one of them. */
const MAX_INTENTS = 4;
const FALLBACK = 'FallbackIntent';

export const lexPathInput = z.object({
  botId: z.string().regex(/^[0-9a-zA-Z]{10}$/, 'Member must be 10 letters and digits'),
  botAliasId: z.string().min(1).max(100),
  localeId: z.string().min(1).max(100),
  sessionId: z.string().regex(/^[0-9a-zA-Z._:-]{2,100}$/, 'Member must be 2 to 100 letters, digits and . _ : -'),
});
const attributes = z.record(z.string().min(1), z.string());
export const lexBodyInput = z.object({
  text: z.string().min(1).max(1024),
  sessionState: z.object({ sessionAttributes: attributes.optional() }).optional(),
  requestAttributes: attributes.optional(),
});

/** Lex V2's runtime: REST with JSON. Each text stands alone: intents without slots, and no dialogue is kept. */
export const lex: HttpService = {
  troubles: {
    full: { type: 'ThrottlingException', status: 429 },
    unavailable: { type: 'ServiceUnavailable', status: 503 },
    'no-model': NOT_FOUND,
    'too-long': VALIDATION,
    failed: { type: 'InternalServerException', status: 500 },
  },
  accepts: ({ method, path }) => method === 'POST' && PATH.test(path),
  async answer(call, back) {
    const [, botId, botAliasId, localeId, sessionId] = (PATH.exec(call.path) ?? []).map(decode);
    const place = readInput(lexPathInput, { botId, botAliasId, localeId, sessionId }, VALIDATION);
    const { text, sessionState, requestAttributes } = readInput(lexBodyInput, readJsonBody(call), VALIDATION);
    const model = back.route('lex:RecognizeText', place.botId);
    if (model === undefined) throw new Refusal(NOT_FOUND, `no model of this device serves the bot ${place.botId}`);
    const facts = back.facts(model);
    if (facts.task !== 'text-classification' || facts.problemType !== 'single_label_classification') {
      throw new Refusal(
        VALIDATION,
        `the model ${model} cannot answer RecognizeText: an intent is one label for a text`,
      );
    }
    const answer = answerOf((await back.ask(model, [{ id: call.requestId, text }]))[0]);
    const interpretations = interpret(answer, facts);
    return reply(200, {
      sessionId: place.sessionId,
      interpretations,
      sessionState: {
        dialogAction: { type: 'Close' },
        intent: interpretations[0]?.intent,
        activeContexts: [],
        sessionAttributes: sessionState?.sessionAttributes ?? {},
        originatingRequestId: call.requestId,
      },
      ...(requestAttributes ? { requestAttributes } : {}),
    });
  },
  refuse: ({ type, status, message, members }) => reply(status, { message, ...members }, { 'x-amzn-errortype': type }),
};

interface Interpretation {
  readonly intent: { readonly name: string };
  readonly nluConfidence?: { readonly score: number };
  readonly interpretationSource: 'Lex';
}

/** Intents by confidence. The reject label is Lex's fallback: first where nothing else was likely enough, else last. */
function interpret(
  { label, score, rejected, runnersUp }: Classification,
  { rejectLabel }: ModelFacts,
): Interpretation[] {
  const fallback = { intent: intentOf(FALLBACK), interpretationSource: 'Lex' } as const;
  const isFallback = rejected !== undefined || label === rejectLabel;
  const intents = [{ label, score }, ...runnersUp]
    .filter((scored) => scored.label !== rejectLabel)
    .slice(0, MAX_INTENTS)
    .map(describeIntent);
  return isFallback ? [fallback, ...intents] : [...intents, fallback];
}

function describeIntent({ label, score }: ScoredLabel): Interpretation {
  return { intent: intentOf(label), nluConfidence: { score }, interpretationSource: 'Lex' };
}

function intentOf(name: string): { name: string; slots: object; state: string; confirmationState: string } {
  return { name, slots: {}, state: 'ReadyForFulfillment', confirmationState: 'None' };
}

function reply(status: number, body: unknown, headers: Record<string, string> = {}): HttpReply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return ''; // fails the checks behind it
  }
}
