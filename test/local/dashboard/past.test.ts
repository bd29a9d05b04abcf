import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openHistory } from '../../../cloud/dashboard/past/open-history.ts';
import type { Frame } from '../../../cloud/dashboard/wire/frame.ts';
import { DuckdbStore } from '../../../cloud/sink/duckdb/store.ts';
import { PostgresStore } from '../../../cloud/sink/postgres/store.ts';
import type { Store } from '../../../cloud/sink/store.ts';
import { temporaryFolder } from '../../support/altered-checkpoint.ts';
import { NOON, startTestDashboard, type TestDashboard, type TestMessage } from '../../support/dashboard.ts';
import { playScene } from '../../support/dashboard-scene.ts';
import { hasPostgres, postgresNote, startPostgres } from '../../support/postgres.ts';
import { rowsOfMessages } from '../../support/sink-rows.ts';

/** Plays the scene live, and stores what a sink would have at the same moments. */
async function playAndStore(store: Store): Promise<TestDashboard> {
  const live = await startTestDashboard();
  const publish = live.publish;
  live.publish = async (messages: readonly TestMessage[]) => {
    const pairs = messages.map(({ topic, payload }) => [topic, Buffer.from(payload)] as const);
    await store.commit(rowsOfMessages(pairs, live.clock.nowMs));
    await publish(messages);
  };
  await playScene(live);
  await store.close();
  return live;
}

function frameOf({ live }: TestDashboard): Frame {
  const nowhere = { state: 'none', words: '' } as const;
  return live.frameSince(undefined, { broker: '', past: nowhere, rollouts: nowhere }, NOON);
}

/** What a chart and a comparison show, in an order of its own. */
function shownBy(dashboard: TestDashboard): unknown {
  const { traffic, versions, devices, events, samples } = frameOf(dashboard);
  const close = (value: number | null): number | null => (value === null ? null : Number(value.toFixed(6)));
  return {
    traffic,
    versions: versions
      .map(({ id, windows, spread }) => ({
        id,
        spread,
        windows: Object.values(windows).map((window) => ({
          ...window,
          meanScore: close(window.meanScore),
          accuracyEstimate: close(window.accuracyEstimate),
          drift: window.drift.map(([, ...values]) => values.map(close)),
        })),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    devices: devices.toSorted((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1)),
    events: events.map(({ serial: _, ...row }) => row).sort((a, b) => (a.id < b.id ? -1 : 1)),
    samples: samples.map(({ serial: _, ...row }) => row).sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

async function restarted(address: string): Promise<TestDashboard> {
  const history = openHistory(address);
  const dashboard = await startTestDashboard({ history, now: () => NOON });
  await dashboard.pastRead;
  return dashboard;
}

describe('the past of the page', () => {
  it('is the same from a DuckDB file as it was live, before the restart', async () => {
    const file = path.join(temporaryFolder(), 'past.duckdb');
    const live = await playAndStore(await DuckdbStore.open(file));

    const again = await restarted(`duckdb:${file}`);

    expect(shownBy(again)).toEqual(shownBy(live));
  });

  it.skipIf(!hasPostgres)(`is the same from PostgreSQL${postgresNote}`, async () => {
    const server = await startPostgres();
    onTestFinished(() => server.close());
    const url = await server.database('past');
    const live = await playAndStore(await PostgresStore.open(url));

    const again = await restarted(url);

    expect(shownBy(again)).toEqual(shownBy(live));
  });

  it('shows the present where the database cannot be read, and says why', async () => {
    const file = path.join(temporaryFolder(), 'past.duckdb');
    writeFileSync(file, 'no database');

    const dashboard = await startTestDashboard({ history: openHistory(`duckdb:${file}`) });
    await dashboard.pastRead;
    const stream = (await fetch(`${dashboard.url}/live`)).body?.getReader();
    let told = '';
    while (stream && !told.includes('"past":')) told += Buffer.from((await stream.read()).value ?? []).toString();
    await stream?.cancel();

    expect(told).toMatch(/"past":\{"state":"failed","words":"duckdb:.*not a valid DuckDB/);
  });

  it.each(['duckdb:/nowhere/x.duckdb', 'mysql://x', 'postgres//x'])('refuses %s with a sentence', (address) => {
    expect(() => openHistory(address)).toThrow(/Give the database that `verge sink` fills/);
  });
});
