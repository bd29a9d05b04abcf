import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Acknowledgements } from '../cloud/consumer/acknowledgements.ts';
import { consume } from '../cloud/consumer/consume.ts';
import { Delivery } from '../cloud/consumer/delivery.ts';
import { Intake } from '../cloud/consumer/intake.ts';
import { LetterFile } from '../cloud/sink/letter-file.ts';
import { openStore, parseTarget } from '../cloud/sink/open-store.ts';
import { rowsOf } from '../cloud/sink/rows/batch-rows.ts';
import { runSink } from '../cloud/sink/run-sink.ts';
import type { Row } from '../cloud/sink/store.ts';
import { Writer } from '../cloud/sink/writer.ts';
import { TELEMETRY_STREAMS, telemetryTopic } from '../component/contract/topics.ts';
import { startMosquitto } from '../test/support/mosquitto.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { fillBroker } from './sink/fill-broker.ts';
import { makeResults } from './sink/make-message.ts';

// `npm run bench:sink -- --messages N --results N --rounds N`: rows per second from a full broker until they are committed and
// acknowledged, against the same rows loaded alone: already read, in transactions as large as the sink's largest.
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    results: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '1000' },
  },
});
const [messages, perMessage, rounds] = [Number(values.messages), Number(values.results), Number(values.rounds)];
const ROWS_PER_TRANSACTION = 5000;
const folder = mkdtempSync(path.join(tmpdir(), 'verge-bench-sink-'));
const expected = messages * perMessage;

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

/** Rows per second from the broker. */
async function fromBroker(target: string, round: number): Promise<number> {
  const mosquitto = await startMosquitto(['max_queued_messages 0']);
  const store = await openStore(parseTarget(target));
  try {
    const clientId = `bench-${round}`;
    await fillBroker(mosquitto.url, clientId, messages, perMessage);
    const stop = new AbortController();
    const began = performance.now();
    let rows = 0;
    const observer = {
      committed(table: string, inserted: number) {
        if (table === 'results') rows += inserted;
      },
      done() {
        if (rows >= expected) stop.abort();
      },
    };
    const letterFile = new LetterFile(path.join(folder, 'letters'), 1);
    const writer = new Writer({ store, letterFile, observer, outageMs: Number.POSITIVE_INFINITY, signal: stop.signal });
    const consumer = consume({
      broker: mosquitto.url,
      clientId,
      streams: TELEMETRY_STREAMS,
      acknowledge: 'manual',
      protocol: 5,
      maxUnacknowledged: Number(values['in-flight']),
      signal: stop.signal,
    });
    await runSink({ consumer, writer, observer, signal: stop.signal });
    return rows / seconds(began);
  } finally {
    await store.close();
    await mosquitto.close();
  }
}

/** Rows per second alone. */
async function alone(target: string): Promise<number> {
  const rows: Row[] = [];
  for (let index = 0; index < messages; index++) {
    const place = { fleet: 'bench', thing: `thing-${index % 100}` };
    const payload = makeResults(place, 'b1', 1 + Math.floor(index / 100), perMessage);
    const intake = new Intake({ reportGaps: false, maxTopics: 1 }, new Acknowledgements());
    const items = intake.read(new Delivery(telemetryTopic(place, 'result'), payload));
    rows.push(...rowsOf(items, Date.now()));
  }
  const store = await openStore(parseTarget(target));
  const began = performance.now();
  for (let from = 0; from < rows.length; from += ROWS_PER_TRANSACTION) {
    await store.commit(rows.slice(from, from + ROWS_PER_TRANSACTION));
  }
  const speed = rows.length / seconds(began);
  await store.close();
  return speed;
}

const postgres = await startPostgres();
try {
  for (let round = 1; round <= rounds; round++) {
    const targets: [string, (kind: string) => Promise<string>][] = [
      ['duckdb', async (kind) => `duckdb:${path.join(folder, `${kind}-${round}.duckdb`)}`],
      ['postgres', (kind) => postgres.database(`${kind}${round}`)],
    ];
    for (const [name, target] of targets) {
      const loaded = await alone(await target('alone'));
      const broker = await fromBroker(await target('broker'), round);
      const line = {
        name,
        round,
        rows: expected,
        broker: Math.round(broker),
        alone: Math.round(loaded),
        ratio: broker / loaded,
      };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
} finally {
  await postgres.close();
  rmSync(folder, { recursive: true, force: true });
}
