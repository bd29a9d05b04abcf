import { type Envelope, makeEnvelope } from '../contract/envelope.ts';
import { MAX_RESULTS_PER_MESSAGE, MESSAGE_SCHEMA_VERSION, type ModelReference } from '../contract/parts.ts';
import type { Result } from '../contract/result.ts';
import type { Place } from '../contract/topics.ts';
import { outboxErrors } from './errors.ts';
import type { PendingResult } from './pending-result.ts';

/** What all messages of one life of the runtime share. */
export interface MessageSource {
  readonly place: Place;
  readonly boot: string;
  readonly runtimeVersion: string;
}

/** A safe integer has no more. */
const SEQ_DIGITS = 16;
/** An error's words where there is room for few. */
const SHORT_MESSAGE_LENGTH = 60;
/** The contract's bound, which keeps `model` indices within three digits. */
const MAX_MODELS = 256;

/**
 * One message under construction: takes results as long as the whole envelope stays within `maxBytes` of UTF-8. The bytes
 * are counted exactly as they are written, part by part; only `seq`, which isn't known yet, is counted at its longest.
 */
export class ResultMessage {
  readonly #source: MessageSource;
  readonly #maxBytes: number;
  readonly #models: ModelReference[] = [];
  readonly #results: Result[] = [];
  #bytes: number;

  constructor(source: MessageSource, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
    this.#bytes = bytesOf(this.#envelope(0, new Date(0))) + 2 * (SEQ_DIGITS - 1); // it stands in the id, too
  }

  get count(): number {
    return this.#results.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes a result where it fits; false where it doesn't. A result too large for an empty message is trimmed until it
   * fits: runners-up go first, then the text, then labels and entities; at last only the failure to send it is told.
   * Trimming is never a reason to leave a message with room for fewer: it happens in an empty message alone.
   */
  add(result: PendingResult): boolean {
    if (this.#results.length >= MAX_RESULTS_PER_MESSAGE) return false;
    if (this.#tryAdd(result, false)) return true;
    if (this.#results.length > 0) return false;
    for (const smaller of trimmings(result)) if (this.#tryAdd(smaller, true)) return true;
    return this.#tryAdd(tooLarge(result, this.#maxBytes), false);
  }

  /** The whole payload with everything taken, for the first time that it is sent. */
  seal(seq: number, time: Date): Uint8Array {
    return Buffer.from(JSON.stringify(this.#envelope(seq, time)));
  }

  #tryAdd(pending: PendingResult, trimmed: boolean): boolean {
    if ('error' in pending) return this.#push(pending, undefined);
    const { model: reference, ...rest } = pending;
    let model = this.#models.findIndex(({ digest }) => digest === reference.digest);
    const isNew = model < 0;
    if (isNew) model = this.#models.length;
    if (model >= MAX_MODELS) return false;
    return this.#push({ ...rest, model, ...(trimmed ? { trimmed } : {}) }, isNew ? reference : undefined);
  }

  #push(result: Result, model: ModelReference | undefined): boolean {
    const comma = this.#results.length > 0 ? 1 : 0;
    const modelComma = this.#models.length > 0 ? 1 : 0;
    const more = comma + bytesOf(result) + (model === undefined ? 0 : modelComma + bytesOf(model));
    if (this.#bytes + more > this.#maxBytes) return false;
    this.#bytes += more;
    if (model !== undefined) this.#models.push(model);
    this.#results.push(result);
    return true;
  }

  #envelope(seq: number, time: Date): Envelope<'result'> {
    const { place, boot, runtimeVersion } = this.#source;
    const data = {
      schemaVersion: MESSAGE_SCHEMA_VERSION,
      boot,
      seq,
      runtimeVersion,
      replay: false,
      models: this.#models,
      results: this.#results,
    } as const;
    return makeEnvelope(place, 'result', data, time);
  }
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Ever smaller versions of a result, the richest first. */
function* trimmings(result: PendingResult): Generator<PendingResult> {
  if ('error' in result) {
    const { code, message } = result.error;
    yield { ...result, error: { code, message: message.slice(0, SHORT_MESSAGE_LENGTH) } };
    return;
  }
  let smaller: PendingResult = { ...result, runnersUp: [] };
  yield smaller;
  const { text: _text, ...withoutText } = smaller;
  smaller = withoutText;
  yield smaller;
  const { labels: _labels, entities: _entities, ...bare } = smaller;
  yield bare;
}

function tooLarge(result: PendingResult, maxBytes: number): PendingResult {
  const { requestId, observedAt } = result;
  const { code, message } = outboxErrors.make(
    'OUTBOX_RESULT_TOO_LARGE',
    `the result does not fit into a message of ${maxBytes} bytes`,
  );
  return { requestId, observedAt, error: { code, message } };
}
