import type { ReadMessage } from '../../component/contract/read-message.ts';
import type { ResultData } from '../../component/contract/result.ts';
import type { Acknowledgement, AnsweredItem, ConsumerItem, FailedItem, Origin, Traceable } from './item.ts';

/** Gives each item its acknowledgement as it is made, and the way back to its message. */
export type MakeAcknowledgement = () => Acknowledgement & Traceable;

/** The items that a message stands for: one for each result, and one for a whole message of any other stream. */
export function splitMessage(message: ReadMessage, acknowledgement: MakeAcknowledgement): ConsumerItem[] {
  const { place, envelope } = message;
  const { boot, seq } = envelope.data;
  const origin: Origin = { ...place, boot, seq, sentAt: envelope.time };
  switch (message.stream) {
    case 'result':
      return splitResults(origin, envelope.id, message.envelope.data, acknowledgement);
    case 'health':
      return [{ kind: 'health', id: envelope.id, ...origin, data: message.envelope.data, ...acknowledgement() }];
    case 'stats':
      return [{ kind: 'stats', id: envelope.id, ...origin, data: message.envelope.data, ...acknowledgement() }];
    case 'event':
      return [{ kind: 'event', id: envelope.id, ...origin, data: message.envelope.data, ...acknowledgement() }];
    case 'sample':
      return [{ kind: 'sample', id: envelope.id, ...origin, data: message.envelope.data, ...acknowledgement() }];
  }
}

function splitResults(
  origin: Origin,
  messageId: string,
  { results, models, runtimeVersion, replay }: ResultData,
  acknowledgement: MakeAcknowledgement,
): (AnsweredItem | FailedItem)[] {
  const { fleet, thing, boot, seq, sentAt } = origin;
  return results.map((result, index) => {
    const id = `${messageId}:${index}`;
    const { ack, ackThrough, original } = acknowledgement();
    // Field by field: thousands of these are made in a second, and spreading a head into each costs three times as much.
    const head = {
      kind: 'result' as const,
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
    };
    if ('error' in result) return Object.assign(head, { answered: false as const }, result);
    const model = models[result.model];
    if (model === undefined) throw new Error(`${id} names model ${result.model} of ${models.length}`); // the reader has checked it
    return Object.assign(head, { answered: true as const }, result, { model });
  });
}
