import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { originalText } from '../../../cloud/sink/rows/stored-text.ts';
import { resultDataExample } from '../../../component/contract/result.ts';
import { faultsOfSinks, killSinks } from '../../../scripts/sink/kill-sink.ts';
import { messageOf, resultMessage } from '../../support/messages.ts';
import { hasMosquitto, type Mosquitto, mosquittoNote, startMosquitto } from '../../support/mosquitto.ts';
import { repositoryPath } from '../../support/paths.ts';
import { hasPostgres, type Postgres, postgresNote, startPostgres } from '../../support/postgres.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { publish, rowsAt, startSink, untilCount, untilSaid } from '../../support/sink.ts';
import { LIMITS_OF_TEXT } from '../../support/sink-rows.ts';

const TOPIC = 'dt/verge/bakeries/oven-17/result';
const COUNT_RESULTS = 'select count(*) as count from results';

describe.skipIf(!hasMosquitto)(`verge sink at Mosquitto${mosquittoNote}`, () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto(['max_queued_messages 0']);
  });
  afterAll(() => broker?.close());

  function clientId(): string {
    return `sink-${randomBytes(6).toString('hex')}`;
  }

  describe('into a DuckDB file', () => {
    it('writes rows and Parquet, and asks for nothing twice after an orderly restart', async () => {
      const folder = scratchFolder();
      const target = `duckdb:${path.join(folder, 'verge.duckdb')}`;
      const words = [
        '--broker',
        broker.url,
        '--to',
        target,
        '--client-id',
        clientId(),
        '--parquet',
        path.join(folder, 'parquet'),
      ];
      const first = startSink(words, folder);
      await untilSaid(first, 'broker: connected');
      await publish(broker.url, [[TOPIC, resultMessage(1, ['a', 'b'])]]);
      first.stop();
      const firstExit = await first.ended;
      const [written] = await rowsAt(target, COUNT_RESULTS); // those that had come when it was stopped
      await publish(broker.url, [[TOPIC, resultMessage(2, ['c'])]]);

      const second = startSink([...words, '--metrics', '0'], folder);
      await untilSaid(second, 'metrics: ');
      await untilMetric(second.said(), 'verge_sink_rows_total{table="results"} ', 3 - Number(written?.count));
      second.stop();
      const secondExit = await second.ended;

      expect([firstExit, secondExit]).toEqual([0, 0]);
      expect(await rowsAt(target, 'select request_id from results order by seq, index')).toEqual([
        { request_id: 'a' },
        { request_id: 'b' },
        { request_id: 'c' },
      ]);
      const parquet = `select count(*) as count from '${folder}/parquet/results/*/*/part.parquet'`;
      expect(await rowsAt(target, parquet)).toEqual([{ count: 3n }]);
    });

    it('loses nothing and doubles nothing when it is killed at random moments', async () => {
      const folder = scratchFolder();

      const outcome = await killSinks({
        program: repositoryPath('dist/cloud/verge.js'),
        folder,
        broker: broker.url,
        target: `duckdb:${path.join(folder, 'verge.duckdb')}`,
        kills: 3,
        seed: 1,
        devices: 5,
        messagesPerSecond: 5,
        resultsPerMessage: 5,
        sinks: 1,
      });

      expect(faultsOfSinks(outcome)).toEqual([]);
      expect(outcome.sent).toBeGreaterThan(0);
    }, 180_000);

    it('lets nobody else open the file, and says so in a sentence', async () => {
      const folder = scratchFolder();
      const words = ['--broker', broker.url, '--to', `duckdb:${path.join(folder, 'verge.duckdb')}`];
      const first = startSink([...words, '--client-id', clientId()], folder);
      await untilSaid(first, 'broker: connected');

      const second = startSink([...words, '--client-id', clientId()], folder);

      expect(await second.ended).toBe(2);
      expect(second.said()).toMatch(/is in use by another process\..*\[SINK_DATABASE_LOCKED\]/s);
    });
  });

  describe.skipIf(!hasPostgres)(`into PostgreSQL${postgresNote}`, () => {
    let server: Postgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.close());

    async function world(more: readonly string[] = []): Promise<{ target: string; words: string[]; folder: string }> {
      const target = await server.database(`t${randomBytes(6).toString('hex')}`);
      const folder = scratchFolder();
      return { target, folder, words: ['--broker', broker.url, '--to', target, '--client-id', clientId(), ...more] };
    }

    it('loses nothing and doubles nothing where two share the load and are killed at random moments', async () => {
      const { target, folder } = await world();

      const outcome = await killSinks({
        program: repositoryPath('dist/cloud/verge.js'),
        folder,
        broker: broker.url,
        target,
        kills: 3,
        seed: 2,
        devices: 5,
        messagesPerSecond: 5,
        resultsPerMessage: 5,
        sinks: 2,
      });

      expect(faultsOfSinks(outcome)).toEqual([]);
      expect(outcome.sent).toBeGreaterThan(0);
    }, 180_000);

    it('takes no more than its bound while the database is paused, and then catches up', async () => {
      const { target, words, folder } = await world(['--mqtt', '5']);
      const sink = startSink(words, folder);
      await untilSaid(sink, 'broker: connected');
      await publish(broker.url, [[TOPIC, resultMessage(1, ['before'])]]);
      await untilCount(target, COUNT_RESULTS, 1);
      const ids = Array.from({ length: 100 }, (_, index) => `${index}`);
      const lock = await openLock(target);
      for (let from = 2; from < 402; from += 100) {
        await publish(
          broker.url,
          Array.from({ length: 100 }, (_, index) => [TOPIC, resultMessage(from + index, ids)] as const),
        );
      }

      await lock.release();
      await untilCount(target, COUNT_RESULTS, 40_001);
      sink.stop();

      expect(await sink.ended).toBe(0);
      expect(await rowsAt(target, COUNT_RESULTS)).toEqual([{ count: '40001' }]);
    });

    it('waits while the server is away, acknowledging nothing, and goes on when it is back', async () => {
      const { target, words, folder } = await world();
      const sink = startSink(words, folder);
      await untilSaid(sink, 'broker: connected');

      await server.stop();
      await publish(broker.url, [[TOPIC, resultMessage(1, ['a'])]]);
      await untilSaid(sink, 'database: away');
      await server.start();
      await untilSaid(sink, 'database: back');
      await untilCount(target, COUNT_RESULTS, 1);

      sink.stop();
      expect(await sink.ended).toBe(0);
      expect(await rowsAt(target, 'select request_id from results')).toEqual([{ request_id: 'a' }]);
    });

    it('puts messages into a file in a long outage, and writes them from there when it is asked to', async () => {
      const { target, words, folder } = await world(['--outage', '0']);
      const sink = startSink(words, folder);
      await untilSaid(sink, 'broker: connected');
      await server.stop();
      await publish(broker.url, [[TOPIC, resultMessage(1, ['a', 'b'])]]);
      await untilSaid(sink, 'SINK_DATABASE_AWAY');
      sink.stop();
      await sink.ended;
      await server.start();

      const file = path.join(folder, 'verge-dead-letters.jsonl');
      const redriving = startSink(['--to', target, '--redrive', file], folder);

      expect(await redriving.ended).toBe(0);
      expect(await rowsAt(target, 'select request_id from results order by index')).toEqual([
        { request_id: 'a' },
        { request_id: 'b' },
      ]);
    });

    it('keeps hostile texts as they were and is not moved by any', async () => {
      const { target, words, folder } = await world();
      const sink = startSink(words, folder);
      await untilSaid(sink, 'broker: connected');
      const texts = LIMITS_OF_TEXT;
      const [answer] = resultDataExample.results;
      if (answer === undefined || 'error' in answer) throw new Error('the example is an answer');
      const results = texts.map((text) => ({
        ...answer,
        requestId: text,
        label: text,
        text,
        runnersUp: [{ label: text, score: 0 }],
      }));

      await publish(broker.url, [[TOPIC, messageOf('result', { ...resultDataExample, results })]]);
      await untilCount(target, COUNT_RESULTS, texts.length);
      sink.stop();
      await sink.ended;

      const rows = await rowsAt(
        target,
        "select request_id, label, text, runners_up->0->>'label' as second from results order by index",
      );
      const back = rows.map((row) => Object.values(row).map((value) => originalText(String(value))));
      expect(back).toEqual(texts.map((text) => [text, text, text, text]));
    });

    it('keeps as a dead letter what a rule of the database refuses, with the bytes of its message', async () => {
      const { target, words, folder } = await world();
      const sink = startSink(words, folder);
      await untilSaid(sink, 'broker: connected');
      await rowsAt(target, "alter table results add constraint no_b check (request_id <> 'b')");
      const payload = resultMessage(1, ['a', 'b', 'c']);

      await publish(broker.url, [[TOPIC, payload]]);
      await untilCount(target, 'select count(*) as count from dead_letters', 1);
      await untilCount(target, COUNT_RESULTS, 2);

      const [letter] = await rowsAt(target, 'select code, part, topic, payload from dead_letters');
      expect(letter).toEqual({
        code: 'SINK_ROW_REFUSED',
        part: 'oven-17:b1:1:1',
        topic: TOPIC,
        payload: Buffer.from(payload),
      });
    });

    it('keeps malformed, oversized, hostile and newer messages as dead letters, and goes on', async () => {
      const { target, words, folder } = await world();
      const sink = startSink(words, folder);
      await untilSaid(sink, 'broker: connected');
      const whole = Buffer.from(resultMessage(1, ['whole']));
      const newer = Buffer.from(whole.toString().replace('"schemaVersion":1', '"schemaVersion":2'));
      const hostile = fc.sample(hostileBytes(whole), { numRuns: 200, seed: 5 });
      const payloads = uniqueBytes([Buffer.alloc(300_000, 0x20), newer, Buffer.alloc(0), ...hostile]).filter(
        (one) => !one.equals(whole),
      );

      await publish(
        broker.url,
        payloads.map((payload) => [TOPIC, payload] as const),
      );
      await publish(broker.url, [[TOPIC, whole]]);
      await untilCount(target, COUNT_RESULTS, 1);
      sink.stop();

      expect(await sink.ended).toBe(0);
      const letters = await rowsAt(target, 'select code, payload from dead_letters');
      const kept = letters.map(({ payload }) => (Buffer.isBuffer(payload) ? payload.toString('hex') : ''));
      expect(kept.toSorted()).toEqual(payloads.map((payload) => payload.toString('hex')).toSorted());
      expect(new Set(letters.map(({ code }) => code))).toContain('MESSAGE_VERSION_UNKNOWN');
      expect(new Set(letters.map(({ code }) => code))).toContain('MESSAGE_TOO_LARGE');
      expect(existsSync(path.join(folder, 'verge-dead-letters.jsonl'))).toBe(false);
    });
  });
});

/** Messages with some bytes changed, cut off or doubled: never the whole, since every change breaks it. */
function hostileBytes(whole: Buffer): fc.Arbitrary<Buffer> {
  return fc.oneof(
    fc.integer({ min: 1, max: whole.length - 1 }).map((length) => whole.subarray(0, length)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .integer({ min: 0, max: whole.length })
      .map((at) => Buffer.concat([whole.subarray(0, at), Buffer.from('\u0000"}{'), whole.subarray(at)])),
    fc.json().map((json) => Buffer.from(json)),
  );
}

function uniqueBytes(payloads: readonly Buffer[]): Buffer[] {
  return [...new Map(payloads.map((payload) => [payload.toString('hex'), payload])).values()];
}

/** Holds a lock on the results that lets nobody write. */
async function openLock(target: string): Promise<{ release(): Promise<void> }> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: target });
  await client.connect();
  await client.query('begin');
  await client.query('lock table verge.results in exclusive mode');
  return {
    async release() {
      await client.query('rollback');
      await client.end();
    },
  };
}

/** Resolves when the sink's numbers hold a line that begins so and has reached a count. */
async function untilMetric(said: string, start: string, count: number): Promise<void> {
  const url = /metrics: (\S+)/.exec(said)?.[1] ?? '';
  for (;;) {
    const text = await (await fetch(url)).text();
    const line = text.split('\n').find((one) => one.startsWith(start));
    if (line !== undefined && Number(line.slice(start.length)) >= count) return;
  }
}
