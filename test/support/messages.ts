import { type DataOf, makeEnvelope } from '../../component/contract/envelope.ts';
import { healthDataExample } from '../../component/contract/health.ts';
import type { Place, TelemetryStream } from '../../component/contract/topics.ts';
import { type MessageSource, ResultMessage } from '../../component/outbox/result-message.ts';
import { answered } from './results.ts';

export const OVEN: Place = { fleet: 'bakeries', thing: 'oven-17' };
export const TIME = new Date('2026-05-04T09:21:07.310Z');

/** A result message as a device makes it, with one answer for each id. */
export function resultMessage(seq: number, ids: readonly string[], source: Partial<MessageSource> = {}): Uint8Array {
  const message = new ResultMessage({ place: OVEN, boot: 'b1', runtimeVersion: '0.1.0', ...source }, 100_000);
  for (const id of ids) message.add(answered(id));
  return message.seal(seq, TIME);
}

/** A message of any other stream. */
export function messageOf<S extends TelemetryStream>(stream: S, data: DataOf<S>, place = OVEN): Uint8Array {
  return Buffer.from(JSON.stringify(makeEnvelope(place, stream, data, TIME)));
}

/** What the broker says for a device that has vanished. */
export function lastWill(place = OVEN): Uint8Array {
  return messageOf('health', { ...healthDataExample, seq: 0, state: 'lost' }, place);
}
