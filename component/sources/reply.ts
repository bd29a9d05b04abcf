import type { CommandText } from '../contract/command.ts';
import type { VergeError } from '../contract/error.ts';
import type { Ask, LocalReply } from '../contract/local.ts';
import { MAX_REQUEST_ID_LENGTH, MAX_RESULTS_PER_MESSAGE, MESSAGE_SCHEMA_VERSION } from '../contract/parts.ts';
import type { Result } from '../contract/result.ts';
import type { PendingResult } from '../outbox/pending-result.ts';
import { describeAnswer, describeFailure } from './describe-result.ts';
import { sourceErrors } from './errors.ts';
import type { TextOutcome } from './text-desk.ts';

/** Room for `/999` behind the id of a request. */
const MAX_ID_STEM = MAX_REQUEST_ID_LENGTH - 8;
const MAX_MESSAGE_LENGTH = 500;

/** Texts with an id each: their own, or the request's with their place. */
export function nameTexts(requestId: string, texts: Ask['texts']): CommandText[] {
  const stem = requestId.slice(0, MAX_ID_STEM);
  return texts.map((text, index) => {
    if (typeof text !== 'string') return text;
    return { id: texts.length === 1 ? requestId : `${stem}/${index}`, text };
  });
}

/** How an asker's texts came out, in their order. */
export interface Answered {
  readonly id: string | undefined;
  readonly texts: readonly CommandText[];
  readonly outcomes: readonly TextOutcome[];
  readonly observedAt: Date;
  readonly runnersUp: number;
}

/**
 * The reply to an asker, in as many messages as their size demands.
 * @param maxBytes of each; what does not fit alone is said to be too large
 */
export function makeReplies(answered: Answered, maxBytes: number): LocalReply[] {
  const parts: LocalReply[] = [];
  let part = emptyReply(answered.id);
  let bytes = bytesOf(part);
  for (const pending of describe(answered)) {
    let result = pending;
    let more = costOf(result);
    if (bytesOf(emptyReply(answered.id)) + more > maxBytes) {
      result = tooLarge(result, maxBytes);
      more = costOf(result);
    }
    const full = bytes + more > maxBytes || part.results.length >= MAX_RESULTS_PER_MESSAGE;
    if (full && part.results.length > 0) {
      parts.push(part);
      part = emptyReply(answered.id);
      bytes = bytesOf(part);
    }
    bytes += more;
    add(part, result);
  }
  parts.push(part);
  return parts.map((each, index) => ({ ...each, part: index + 1, parts: parts.length }));
}

/** The reply where nothing of a request was taken. */
export function refuseReply(
  id: string | undefined,
  { code, message }: Pick<VergeError, 'code' | 'message'>,
): LocalReply {
  return { ...emptyReply(id), error: { code, message: message.slice(0, MAX_MESSAGE_LENGTH) } };
}

function describe({ texts, outcomes, observedAt, runnersUp }: Answered): PendingResult[] {
  return texts.flatMap(({ id: requestId }, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined) return [];
    if (!outcome.ok) return [describeFailure(requestId, observedAt, outcome.error)];
    const { model, answer } = outcome;
    return [describeAnswer(answer, { requestId, model, observedAt, text: undefined }, runnersUp)];
  });
}

interface GrowingReply extends LocalReply {
  readonly results: Result[];
}

function emptyReply(id: string | undefined): GrowingReply {
  const head = { schemaVersion: MESSAGE_SCHEMA_VERSION, ...(id === undefined ? {} : { id }) } as const;
  return { ...head, part: 1, parts: 1, models: [], results: [] };
}

function add(reply: GrowingReply, pending: PendingResult): void {
  if ('error' in pending) {
    reply.results.push(pending);
    return;
  }
  const { model: reference, ...rest } = pending;
  let model = reply.models.findIndex(({ digest }) => digest === reference.digest);
  if (model < 0) model = reply.models.push(reference) - 1;
  reply.results.push({ ...rest, model });
}

function tooLarge({ requestId, observedAt }: PendingResult, maxBytes: number): PendingResult {
  const error = sourceErrors.make(
    'SOURCE_REPLY_TOO_LARGE',
    `the answer does not fit into a message of ${maxBytes} bytes`,
  );
  return describeFailure(requestId, new Date(observedAt), error);
}

/** From above: as if every result brought its model along. */
function costOf(result: PendingResult): number {
  return bytesOf(result) + 8;
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
