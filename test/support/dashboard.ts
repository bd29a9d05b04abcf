import { connectAsync } from 'mqtt';
import { onTestFinished } from 'vitest';
import { consume } from '../../cloud/consumer/consume.ts';
import { type Dashboard, type DashboardOptions, startDashboard } from '../../cloud/dashboard/dashboard.ts';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import { type DataOf, makeEnvelope } from '../../component/contract/envelope.ts';
import {
  type Place,
  TELEMETRY_STREAMS,
  type TelemetryStream,
  telemetryTopic,
} from '../../component/contract/topics.ts';
import { repositoryPath } from './paths.ts';

/** The moment at which the tests' clock stands first. */
export const NOON = Date.parse('2026-05-04T12:00:00.000Z');

export interface TestDashboard extends Dashboard {
  readonly broker: string;
  /** The clock of the server, in the test's hands. */
  readonly clock: { nowMs: number };
  /** Publishes and resolves when the dashboard has taken all that was ever published. */
  publish(messages: readonly TestMessage[]): Promise<void>;
}

export interface TestMessage {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  /** Items that it stands for. */
  readonly items: number;
}

/** A message of the contract, made at that moment. */
export function message<S extends TelemetryStream>(
  place: Place,
  stream: S,
  data: DataOf<S>,
  atMs: number,
): TestMessage {
  const items = 'results' in data ? data.results.length : 1;
  return {
    topic: telemetryTopic(place, stream),
    payload: JSON.stringify(makeEnvelope(place, stream, data, new Date(atMs))),
    items,
  };
}

/** A dashboard behind a broker of its own; both end with the test. */
export async function startTestDashboard(
  more: Partial<DashboardOptions> = {},
  ending: (end: () => Promise<void>) => void = onTestFinished,
): Promise<TestDashboard> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  const clock = { nowMs: NOON };
  const consumer = consume({ broker: broker.url, streams: TELEMETRY_STREAMS });
  const dashboard = await startDashboard({
    consumer,
    broker: 'mqtt://127.0.0.1:1883', // a port of chance would be another in every picture
    assetsFolder: repositoryPath('dist/dashboard'),
    host: '127.0.0.1',
    port: 0,
    everyMs: 100,
    rolloutsEveryMs: 50,
    now: () => clock.nowMs,
    ...more,
  });
  await consumer.ready;
  const client = await connectAsync(broker.url, { clientId: 'the-fleet' });
  ending(async () => {
    await client.endAsync(true);
    await dashboard.close();
    await broker.close();
  });
  const heard = { items: 0 };
  let owed = 0;
  const waiting = new Set<() => void>();
  const { live } = dashboard;
  const take = live.take.bind(live);
  live.take = (item, nowMs) => {
    take(item, nowMs);
    if (item.kind === 'link' || item.kind === 'gap' || item.kind === 'filled') return;
    heard.items++;
    for (const look of waiting) look();
  };
  return {
    ...dashboard,
    broker: broker.url,
    clock,
    async publish(messages) {
      for (const { topic, payload, items } of messages) {
        owed += items;
        client.publish(topic, Buffer.from(payload), { qos: 1 });
      }
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (heard.items < owed) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}
