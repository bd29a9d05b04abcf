import { expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { ReadMessage } from '../../component/contract/read-message.ts';
import { commandTopic } from '../../component/contract/topics.ts';
import { startRuntime } from '../support/runtime-process.ts';
import { type Telemetry, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const HOUR_MS = 3_600_000;
/** Both clocks are read to the millisecond, and the machine's own may be steered meanwhile. */
const READING_MS = 10;

async function listen(): Promise<{ readonly url: string; readonly telemetry: Telemetry }> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  return { url: broker.url, telemetry };
}

/** Orders a health message. */
async function order({ client }: Telemetry, sentAt: string | undefined, retain = false): Promise<void> {
  const payload = JSON.stringify({ schemaVersion: 1, action: 'report-health', sentAt });
  await client.publishAsync(commandTopic(place, 'control'), payload, { qos: 1, retain });
}

function offsetsOf(messages: readonly ReadMessage[]): (number | undefined)[] {
  return messages.flatMap((message) => (message.stream === 'health' ? [message.envelope.data.clockOffsetMs] : []));
}

/** Orders with a clock that is wrong by so much. @returns the offset that the device tells, and how long that took at most */
async function orderBy(
  telemetry: Telemetry,
  senderAheadMs: number,
): Promise<{ readonly offsetMs: number; readonly tookMs: number }> {
  const sentMs = Date.now();
  const before = offsetsOf(telemetry.messages).length;
  await order(telemetry, new Date(sentMs + senderAheadMs).toISOString());
  await telemetry.until((messages) => offsetsOf(messages).length > before);
  const offsetMs = offsetsOf(telemetry.messages).at(-1) ?? Number.NaN;
  return { offsetMs, tookMs: Date.now() - sentMs };
}

it('a device tells how far its clock is off the clock of who sends to it, and nothing where nobody says when', async () => {
  const { url, telemetry } = await listen();
  await order(telemetry, new Date(Date.now() - HOUR_MS).toISOString(), true); // the broker keeps it
  const device = startRuntime({ ...place, brokerUrl: url, heartbeatSeconds: 3600 });
  onTestFinished(() => device.remove());
  await device.whenReady();
  await telemetry.until((messages) => offsetsOf(messages).length >= 3); // connected, the order that was kept, ready

  const started = offsetsOf(telemetry.messages).length;
  await order(telemetry, undefined);
  await order(telemetry, '0001-01-01T00:00:00Z');
  await telemetry.until((messages) => offsetsOf(messages).length === started + 2);
  const unknown = [...offsetsOf(telemetry.messages)];
  const behind = await orderBy(telemetry, -HOUR_MS);
  const ahead = await orderBy(telemetry, 2 * HOUR_MS);
  const right = await orderBy(telemetry, 0);

  expect(new Set(unknown)).toEqual(new Set([undefined]));
  expect(behind.offsetMs).toBeGreaterThan(HOUR_MS - READING_MS);
  expect(behind.offsetMs).toBeLessThan(HOUR_MS + behind.tookMs + READING_MS);
  expect(ahead.offsetMs).toBeGreaterThan(-2 * HOUR_MS - READING_MS);
  expect(ahead.offsetMs).toBeLessThan(-2 * HOUR_MS + ahead.tookMs + READING_MS);
  expect(Math.abs(right.offsetMs - ahead.offsetMs)).toBeLessThan(READING_MS); // the smallest stands
});
