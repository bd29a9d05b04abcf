import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openStore, parseTarget } from '../cloud/sink/open-store.ts';
import { startMosquitto } from '../test/support/mosquitto.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { DeviceLoad } from './sink/device-load.ts';
import { startSinkProcess } from './sink/sink-process.ts';
import { type PageSample, WatchedPage } from './sink/watched-page.ts';

// `npm run load:sink -- --devices 500 --seconds 300 --page`: simulated devices, each with its own connection and one message of ten
// results in a second, through Mosquitto into PostgreSQL; lag and memory are read from the sink's own numbers once a second.
// With --page the dashboard runs beside it on the same broker and database, open in Chromium; --screenshot FILE keeps a picture of it.
const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '300' },
    results: { type: 'string', default: '10' },
    page: { type: 'boolean', default: false },
    screenshot: { type: 'string' },
  },
});
if (values.screenshot !== undefined && !values.page) {
  process.stderr.write('load-sink: --screenshot needs --page.\n');
  process.exit(2);
}
const [devices, seconds, resultsPerMessage] = [Number(values.devices), Number(values.seconds), Number(values.results)];
const PATIENCE_MS = 120_000;
const folder = mkdtempSync(path.join(tmpdir(), 'verge-load-sink-'));
const mosquitto = await startMosquitto(['max_queued_messages 0']);
const postgres = await startPostgres();
const target = await postgres.database('load');
const program = path.join(fileURLToPath(new URL('../..', import.meta.url)), 'dist/cloud/verge.js');
const words = ['--broker', mosquitto.url, '--to', target, '--client-id', 'load-sink', '--mqtt', '5', '--metrics', '0'];
const sink = startSinkProcess(program, folder, words);
const load = new DeviceLoad({ broker: mosquitto.url, devices, messagesPerSecond: 1, resultsPerMessage, boot: 'load1' });

interface Sample {
  readonly lagSeconds: number;
  readonly rssMegabytes: number;
  readonly rows: number;
}

async function sample(url: string): Promise<Sample> {
  const text = await (await fetch(url, { headers: { connection: 'close' } })).text();
  const read = (start: string): number => {
    const line = text.split('\n').find((one) => one.startsWith(start));
    return line === undefined ? 0 : Number(line.slice(start.length).trim().split(' ')[0]);
  };
  const status = readFileSync(`/proc/${sink.pid}/status`, 'utf8');
  return {
    lagSeconds: read('verge_sink_lag_seconds '),
    rssMegabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
    rows: read('verge_sink_rows_total{table="results"} '),
  };
}

async function countRows(): Promise<{ rows: number; distinct: number }> {
  const store = await openStore(parseTarget(target));
  try {
    const [row] = await store.run(
      'select count(*) as rows, count(distinct (thing, boot, seq, index)) as distinct_rows from results',
    );
    return { rows: Number(row?.rows ?? 0), distinct: Number(row?.distinct_rows ?? 0) };
  } finally {
    await store.close();
  }
}

/** What the page's server has counted when it is at rest: the broker gives it each message as soon as it can. */
async function seenBy(page: WatchedPage, sent: number): Promise<number> {
  const until = performance.now() + PATIENCE_MS;
  let { seen } = await page.sample();
  while (seen < sent && performance.now() < until) {
    await sleep(100);
    ({ seen } = await page.sample());
  }
  return seen;
}

function summarise(samples: readonly { readonly lagSeconds: number; readonly rssMegabytes: number }[]): object {
  const lags = samples.map(({ lagSeconds }) => lagSeconds).sort((a, b) => a - b);
  const fifth = Math.ceil(samples.length / 5);
  const meanRss = (some: typeof samples): number =>
    Math.round(some.reduce((sum, { rssMegabytes }) => sum + rssMegabytes, 0) / some.length);
  return {
    lagSeconds: { p50: quantile(lags, 0.5), p99: quantile(lags, 0.99), max: lags.at(-1) },
    rssMegabytes: {
      secondFifth: meanRss(samples.slice(fifth, 2 * fifth)),
      lastFifth: meanRss(samples.slice(-fifth)),
      max: Math.round(Math.max(...samples.map(({ rssMegabytes }) => rssMegabytes))),
    },
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

let page: WatchedPage | undefined;
try {
  while (!sink.said().includes('broker: connected')) await sleep(50);
  const url = /metrics: (\S+)/.exec(sink.said())?.[1] ?? '';
  if (values.page) page = await WatchedPage.open(program, ['--broker', mosquitto.url, '--database', target]);
  await load.connect();
  load.start();
  const began = performance.now();
  const samples: Sample[] = [];
  const pageSamples: PageSample[] = [];
  while (performance.now() - began < seconds * 1000) {
    await sleep(1000);
    samples.push(await sample(url));
    if (page) pageSamples.push(await page.sample());
    process.stderr.write(`\r${samples.length} ${JSON.stringify(samples.at(-1))}   `);
  }
  const shown = await page?.shown();
  if (values.screenshot) await page?.screenshot(values.screenshot);
  await load.stop();
  const elapsedSeconds = Math.round((performance.now() - began) / 1000);
  const sent = load.acknowledged.length * resultsPerMessage;
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until && (await sample(url)).rows < sent) await sleep(100);
  const found = await countRows();
  const outcome = {
    devices,
    elapsedSeconds,
    sent,
    perSecond: Math.round(sent / elapsedSeconds),
    rows: found.rows,
    lost: sent - found.distinct,
    twice: found.rows - found.distinct,
    sink: summarise(samples),
    ...(page
      ? { page: { ...summarise(pageSamples), seen: await seenBy(page, sent), shown, troubles: page.troubles } }
      : {}),
  };
  process.stdout.write(`\n${JSON.stringify(outcome)}\n`);
  const pageIsWell = outcome.page === undefined || (outcome.page.seen === sent && outcome.page.troubles.length === 0);
  process.exitCode = outcome.lost === 0 && outcome.twice === 0 && pageIsWell ? 0 : 1;
} finally {
  await page?.close();
  sink.stop();
  await sink.ended;
  await load.close();
  await postgres.close();
  await mosquitto.close();
  rmSync(folder, { recursive: true, force: true });
}
