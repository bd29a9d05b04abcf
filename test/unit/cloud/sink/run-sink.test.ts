import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LinkConsumer } from '../../../../cloud/consumer/consumer.ts';
import { LetterFile } from '../../../../cloud/sink/letter-file.ts';
import { runSink } from '../../../../cloud/sink/run-sink.ts';
import type { Row, Store } from '../../../../cloud/sink/store.ts';
import { Writer } from '../../../../cloud/sink/writer.ts';
import { FakeLink, settled } from '../../../support/fake-link.ts';
import { resultMessage } from '../../../support/messages.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const TOPIC = 'dt/verge/bakeries/oven-17/result';
const PER_MESSAGE = 200;
const MESSAGES = 100;
/** What may be read ahead, and the last stretch that goes past it. */
const [LEAST_AHEAD, MOST_AHEAD] = [5000, 5100];

interface World {
  /** Results that are read, those of running and finished transactions included. */
  read(): number;
  /** Rows of results in each transaction so far. */
  readonly transactions: number[];
  /** Messages that are acknowledged. */
  acknowledged(): number;
  /** Lets the transaction that runs end, and everything run that is due then. */
  commit(): Promise<void>;
  /** Asks it to stop, and lets every transaction end; resolves at its end. */
  stop(): Promise<void>;
}

/** A sink with 20,000 results at hand, over a database whose transactions end when the test says so. */
async function busySink(): Promise<World> {
  const link = new FakeLink();
  const stop = new AbortController();
  const consumer = new LinkConsumer(link, {
    filters: ['#'],
    maxTopics: 10,
    reportGaps: true,
    acknowledge: 'manual',
    signal: stop.signal,
  });
  let acknowledged = 0;
  const ids = Array.from({ length: PER_MESSAGE }, (_, index) => `call-${index}`);
  for (let seq = 1; seq <= MESSAGES; seq++) {
    const handled = link.handlers.get('#')?.({ topic: TOPIC, payload: resultMessage(seq, ids) });
    handled?.then(
      () => acknowledged++,
      () => undefined,
    );
  }
  const transactions: number[] = [];
  let end: () => void = () => undefined;
  let isStopped = false;
  const store: Store = {
    name: 'a database of the test',
    async commit(rows: readonly Row[]) {
      transactions.push(rows.filter(({ table }) => table === 'results').length);
      if (!isStopped) await new Promise<void>((resolve) => (end = resolve));
      return new Map();
    },
    run: async () => [],
    fleetTotals: async () => [],
    close: async () => undefined,
  };
  const letterFile = new LetterFile(path.join(scratchFolder(), 'letters.jsonl'), 1000);
  const writer = new Writer({ store, letterFile, observer: {}, outageMs: 1000, signal: stop.signal });
  const ended = runSink({ consumer, writer, observer: {}, signal: stop.signal });

  const read = (): number => consumer.counts.results;
  async function quiet(): Promise<void> {
    let before: number;
    do {
      before = read() + transactions.length;
      await settled();
    } while (read() + transactions.length !== before);
  }
  await quiet();
  return {
    read,
    transactions,
    acknowledged: () => acknowledged,
    async commit() {
      end();
      await quiet();
    },
    async stop() {
      isStopped = true;
      stop.abort();
      end();
      await ended;
    },
  };
}

describe('a sink with much to read', () => {
  it('reads the next transaction while one runs, and no more than that', async () => {
    const sink = await busySink();

    const ahead = sink.read() - sumOf(sink.transactions);

    expect(sink.transactions).toHaveLength(1);
    expect(ahead).toBeGreaterThanOrEqual(LEAST_AHEAD);
    expect(ahead).toBeLessThanOrEqual(MOST_AHEAD + PER_MESSAGE);
    await sink.stop();
  });

  it('reads on as soon as the next transaction has taken what waited', async () => {
    const sink = await busySink();

    await sink.commit();

    const ahead = sink.read() - sumOf(sink.transactions);
    expect(sink.transactions).toHaveLength(2);
    expect(sink.transactions[1]).toBeGreaterThanOrEqual(LEAST_AHEAD);
    expect(ahead).toBeGreaterThanOrEqual(LEAST_AHEAD);
    expect(ahead).toBeLessThanOrEqual(MOST_AHEAD + PER_MESSAGE);
    await sink.stop();
  });

  it('acknowledges no message before the transaction with the last of its rows', async () => {
    const sink = await busySink();

    const atFirst = sink.acknowledged();
    await sink.commit();
    const afterOne = sink.acknowledged();
    const written = sink.transactions[0] ?? 0;

    expect(atFirst).toBe(0);
    expect(afterOne).toBe(Math.floor(written / PER_MESSAGE));
    await sink.stop();
  });

  it('writes everything, and acknowledges every message', async () => {
    const sink = await busySink();

    while (sumOf(sink.transactions) < MESSAGES * PER_MESSAGE) await sink.commit();
    await sink.commit();

    expect(sumOf(sink.transactions)).toBe(MESSAGES * PER_MESSAGE);
    expect(sink.acknowledged()).toBe(MESSAGES);
    await sink.stop();
  });
});

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
