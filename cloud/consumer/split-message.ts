import type { ReadMessage } from '../../component/contract/read-message.ts';
import type { ResultData } from '../../component/contract/result.ts';
import type { AcknowledgementOf } from './acknowledgements.ts';
import type { AnsweredItem, ConsumerItem, FailedItem, Origin, Traceable } from './item.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How many items a message stands for: one for each result, and one for a whole message of any other stream. */
export function itemsIn(message: ReadMessage): number {
  return message.stream === 'result' ? message.envelope.data.results.length : 1;
}

/** The items that a message stands for, each with its acknowledgement and the way back to the message. */
export function splitMessage(
  message: ReadMessage,
  acknowledgementOf: AcknowledgementOf,
  original: Traceable['original'],
): ConsumerItem[] {
  const { place, envelope } = message;
  const { id, time } = envelope;
  const { boot, seq } = envelope.data;
  const origin: Origin = { ...place, boot, seq, sentAt: time };
  if (message.stream === 'result') {
    return splitResults(origin, id, message.envelope.data, acknowledgementOf, original);
  }
  const rest = { ...acknowledgementOf(0), original };
  switch (message.stream) {
    case 'health':
      return [{ kind: 'health', id, ...origin, data: message.envelope.data, ...rest }];
    case 'stats':
      return [{ kind: 'stats', id, ...origin, data: message.envelope.data, ...rest }];
    case 'event':
      return [{ kind: 'event', id, ...origin, data: message.envelope.data, ...rest }];
    case 'sample':
      return [{ kind: 'sample', id, ...origin, data: message.envelope.data, ...rest }];
  }
}

function splitResults(
  origin: Origin,
  messageId: string,
  { results, models, runtimeVersion, replay }: ResultData,
  acknowledgementOf: AcknowledgementOf,
  original: Traceable['original'],
): (AnsweredItem | FailedItem)[] {
  const { fleet, thing, boot, seq, sentAt } = origin;
  // Field by field: thousands of these are made in a second, and `Object.assign` or spreading costs several times as much.
  return results.map((result, index) => {
    const id = `${messageId}:${index}`;
    const { ack, ackThrough } = acknowledgementOf(index);
    if ('error' in result) {
      return {
        kind: 'result',
        id,
        fleet,
        thing,
        boot,
        seq,
        sentAt,
        index,
        runtimeVersion,
        replay,
        ack,
        ackThrough,
        original,
        answered: false,
        requestId: result.requestId,
        error: result.error,
        observedAt: result.observedAt,
      } satisfies FailedItem;
    }
    const model = models[result.model];
    if (model === undefined) throw new Error(`${id} names model ${result.model} of ${models.length}`); // the reader has checked it
    const item: Mutable<AnsweredItem> = {
      kind: 'result',
      id,
      fleet,
      thing,
      boot,
      seq,
      sentAt,
      index,
      runtimeVersion,
      replay,
      ack,
      ackThrough,
      original,
      answered: true,
      requestId: result.requestId,
      model,
      label: result.label,
      score: result.score,
      runnersUp: result.runnersUp,
      latencyMs: result.latencyMs,
      tokenCount: result.tokenCount,
      truncated: result.truncated,
      cached: result.cached,
      observedAt: result.observedAt,
    };
    if (result.rejected !== undefined) item.rejected = result.rejected;
    if (result.labels !== undefined) item.labels = result.labels;
    if (result.entities !== undefined) item.entities = result.entities;
    if (result.trimmed !== undefined) item.trimmed = result.trimmed;
    if (result.text !== undefined) item.text = result.text;
    return item;
  });
}
