import type * as z from 'zod';
import type { HttpOperation } from '../../contract/http-routes.ts';
import { answerOf, characterOffsets, scoresOf } from './answers.ts';
import {
  batchDetectSentimentInput,
  classifyDocumentInput,
  detectDominantLanguageInput,
  detectEntitiesInput,
  detectSentimentInput,
  endpointNameOf,
  MAX_BATCH_TEXTS,
  MAX_TEXT_BYTES,
} from './comprehend-input.ts';
import { type Fit, fitDocument, fitEntities, fitLanguage, fitSentiment } from './comprehend-labels.ts';
import { readInput, readJsonBody } from './read-input.ts';
import {
  type HttpBack,
  type HttpCall,
  type HttpService,
  type ModelFacts,
  type Named,
  Refusal,
  troubleOf,
} from './service.ts';

const TARGET = 'Comprehend_20171127.';
const CONTENT_TYPE = 'application/x-amz-json-1.1';

const VALIDATION: Named = { type: 'ValidationException', status: 400 };
const INVALID: Named = { type: 'InvalidRequestException', status: 400 };
const TOO_LONG: Named = { type: 'TextSizeLimitExceededException', status: 400 };

type Handler = (call: HttpCall, back: HttpBack) => Promise<unknown>;

const HANDLERS: Readonly<Record<string, Handler>> = {
  ClassifyDocument: classifyDocument,
  DetectSentiment: detectSentiment,
  BatchDetectSentiment: batchDetectSentiment,
  DetectDominantLanguage: detectDominantLanguage,
  DetectEntities: detectEntities,
};

/** Amazon Comprehend: AWS JSON 1.1, the operation in a header. */
export const comprehend: HttpService = {
  troubles: {
    full: { type: 'ThrottlingException', status: 400 },
    unavailable: { type: 'ServiceUnavailable', status: 503 },
    'no-model': { type: 'ResourceUnavailableException', status: 400 },
    'too-long': TOO_LONG,
    failed: { type: 'InternalServerException', status: 500 },
  },
  accepts: ({ method, path, header }) =>
    method === 'POST' && path === '/' && (header('x-amz-target') ?? '').startsWith(TARGET),
  async answer(call, back) {
    const operation = (call.header('x-amz-target') ?? '').slice(TARGET.length);
    const handler = Object.hasOwn(HANDLERS, operation) ? HANDLERS[operation] : undefined;
    if (handler === undefined) {
      throw new Refusal(
        { type: 'UnknownOperationException', status: 400 },
        'this device does not answer the operation',
      );
    }
    if (call.header('content-type')?.split(';')[0]?.trim() !== CONTENT_TYPE) {
      throw new Refusal({ type: 'SerializationException', status: 400 }, `the content type is not ${CONTENT_TYPE}`);
    }
    return reply(200, await handler(call, back));
  },
  refuse: ({ type, status, message, members }) => reply(status, { __type: type, Message: message, ...members }),
};

function reply(status: number, body: unknown): { status: number; headers: Record<string, string>; body: string } {
  return { status, headers: { 'content-type': CONTENT_TYPE }, body: JSON.stringify(body) };
}

async function classifyDocument(call: HttpCall, back: HttpBack): Promise<unknown> {
  const { Text, Bytes, EndpointArn } = read(classifyDocumentInput, call);
  const text = documentText(Text, Bytes, MAX_TEXT_BYTES.ClassifyDocument);
  const facts = routed(back, 'comprehend:ClassifyDocument', endpointNameOf(EndpointArn));
  fits(fitDocument, facts, 'ClassifyDocument');
  const answer = answerOf((await back.ask(facts.name, [{ id: call.requestId, text }]))[0]);
  const named = scoresOf(answer).map(({ label, score }) => ({ Name: label, Score: score }));
  return facts.problemType === 'multi_label_classification' ? { Labels: named } : { Classes: named };
}

async function detectSentiment(call: HttpCall, back: HttpBack): Promise<unknown> {
  const { Text } = read(detectSentimentInput, call);
  checkSize(Text, MAX_TEXT_BYTES.DetectSentiment);
  const facts = routed(back, 'comprehend:DetectSentiment');
  const sentiment = fits(fitSentiment, facts, 'DetectSentiment');
  return sentiment(answerOf((await back.ask(facts.name, [{ id: call.requestId, text: Text }]))[0]));
}

async function batchDetectSentiment(call: HttpCall, back: HttpBack): Promise<unknown> {
  const { TextList } = read(batchDetectSentimentInput, call);
  if (TextList.length > MAX_BATCH_TEXTS) {
    const what = `the list has ${TextList.length} texts, over ${MAX_BATCH_TEXTS}`;
    throw new Refusal({ type: 'BatchSizeLimitExceededException', status: 400 }, what);
  }
  for (const text of TextList) checkSize(text, MAX_TEXT_BYTES.DetectSentiment);
  const facts = routed(back, 'comprehend:BatchDetectSentiment');
  const sentiment = fits(fitSentiment, facts, 'BatchDetectSentiment');
  const texts = TextList.map((text, index) => ({ id: `${call.requestId}/${index}`, text }));
  const outcomes = await back.ask(facts.name, texts);
  const ErrorList: unknown[] = [];
  const ResultList = outcomes.flatMap((outcome, Index) => {
    if (outcome.ok) return [{ Index, ...sentiment(outcome.answer) }];
    const { type } = comprehend.troubles[troubleOf(outcome.error)];
    ErrorList.push({ Index, ErrorCode: type, ErrorMessage: outcome.error.message });
    return [];
  });
  return { ResultList, ErrorList };
}

async function detectDominantLanguage(call: HttpCall, back: HttpBack): Promise<unknown> {
  const { Text } = read(detectDominantLanguageInput, call);
  checkSize(Text, MAX_TEXT_BYTES.DetectDominantLanguage);
  const facts = routed(back, 'comprehend:DetectDominantLanguage');
  fits(fitLanguage, facts, 'DetectDominantLanguage');
  const answer = answerOf((await back.ask(facts.name, [{ id: call.requestId, text: Text }]))[0]);
  return { Languages: scoresOf(answer).map(({ label, score }) => ({ LanguageCode: label, Score: score })) };
}

async function detectEntities(call: HttpCall, back: HttpBack): Promise<unknown> {
  const { Text, Bytes, EndpointArn, LanguageCode } = read(detectEntitiesInput, call);
  if (EndpointArn === undefined && LanguageCode === undefined) {
    throw new Refusal(INVALID, 'LanguageCode is required where no EndpointArn is given');
  }
  const text = documentText(Text, Bytes, MAX_TEXT_BYTES.DetectEntities);
  const facts = routed(back, 'comprehend:DetectEntities', endpointNameOf(EndpointArn));
  const typeOf = fits((found) => fitEntities(found, EndpointArn !== undefined), facts, 'DetectEntities');
  const answer = answerOf((await back.ask(facts.name, [{ id: call.requestId, text }]))[0]);
  const at = characterOffsets(text);
  const Entities = (answer.entities ?? []).map(({ label, score, start, end }) => ({
    Score: score,
    Type: typeOf(label),
    Text: text.slice(start, end),
    BeginOffset: at(start),
    EndOffset: at(end),
  }));
  return { Entities };
}

function read<T>(schema: z.ZodType<T>, call: HttpCall): T {
  return readInput(schema, readJsonBody(call), VALIDATION);
}

/** @throws Refusal where the operation is not routed, VergeError where its model is not here */
function routed(back: HttpBack, operation: HttpOperation, name?: string): ModelFacts {
  const model = back.route(operation, name);
  if (model !== undefined) return back.facts(model);
  if (name !== undefined) {
    throw new Refusal(comprehend.troubles['no-model'], `no model of this device serves the endpoint ${name}`);
  }
  const what = `no model of this device is routed to ${operation}: its httpRoutes would say so`;
  throw new Refusal({ type: 'AccessDeniedException', status: 400 }, what);
}

/** @throws Refusal where the labels of the model are not what the operation speaks of */
function fits<T>(tryOn: (facts: ModelFacts) => Fit<T>, facts: ModelFacts, operation: string): T {
  const fitted = tryOn(facts);
  if (fitted.ok) return fitted.value;
  throw new Refusal(INVALID, `the model ${facts.name} cannot answer ${operation}: ${fitted.why}`);
}

function documentText(text: string | undefined, bytes: unknown, maxBytes: number): string {
  if (bytes !== undefined) throw new Refusal(INVALID, 'this device reads Text, and no documents in Bytes');
  if (text === undefined) throw new Refusal(INVALID, 'Text is required');
  checkSize(text, maxBytes);
  return text;
}

function checkSize(text: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return;
  const what = `Input text size exceeds limit. Max length of request text allowed is ${maxBytes} bytes while in this request the text size is ${bytes} bytes`;
  throw new Refusal(TOO_LONG, what);
}
