import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Letter } from '../../../../cloud/sink/letter.ts';
import { LetterFile } from '../../../../cloud/sink/letter-file.ts';
import { type Row, RowRefused, type Store, StoreAway } from '../../../../cloud/sink/store.ts';
import { Writer } from '../../../../cloud/sink/writer.ts';
import { resultMessage } from '../../../support/messages.ts';
import { scratchFolder } from '../../../support/scratch.ts';
import { rowsOfMessages } from '../../../support/sink-rows.ts';

const TOPIC = 'dt/verge/bakeries/oven-17/result';

interface World {
  readonly writer: Writer;
  readonly kept: Row[];
  readonly letters: (Letter & { where: string })[];
  readonly changes: (string | undefined)[];
  readonly waiting: string[];
  readonly transactions: number[];
  readonly file: string;
  readonly stop: AbortController;
}

/** A writer over a database whose behaviour the test gives: it throws, or doesn't. */
function world(
  commit: (rows: readonly Row[], call: number) => void,
  more: { outageMs?: number; maxBytes?: number } = {},
): World {
  const [kept, letters, changes, waiting, transactions]: [
    Row[],
    World['letters'],
    World['changes'],
    string[],
    number[],
  ] = [[], [], [], [], []];
  let nowMs = 0;
  let call = 0;
  const store: Store = {
    name: 'a database of the test',
    async commit(rows) {
      transactions.push(rows.length);
      commit(rows, ++call);
      kept.push(...rows);
      return new Map();
    },
    run: async () => [],
    fleetTotals: async () => [],
    close: async () => undefined,
  };
  const file = path.join(scratchFolder(), 'letters.jsonl');
  const letterFile = new LetterFile(file, more.maxBytes ?? 1_000_000);
  const stop = new AbortController();
  const writer = new Writer({
    store,
    letterFile,
    outageMs: more.outageMs ?? Number.POSITIVE_INFINITY,
    signal: stop.signal,
    waitMs: 1,
    now: () => (nowMs += 10), // every look at the clock takes some time
    observer: {
      letters: (some, where) => letters.push(...some.map((letter) => ({ ...letter, where }))),
      database: (away) => changes.push(away),
      lettersWaiting: (reason) => {
        waiting.push(reason);
        stop.abort();
      },
    },
  });
  return { writer, kept, letters, changes, waiting, transactions, file, stop };
}

function refuse(name: string): (rows: readonly Row[]) => void {
  return (rows) => {
    if (rows.some(({ table, part }) => table === 'results' && part === name)) throw new RowRefused('not this one');
  };
}

describe('the writer', () => {
  it('keeps all rows but the one that the database refuses, and that one as a dead letter with its bytes', async () => {
    const payload = resultMessage(1, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    const rows = rowsOfMessages([[TOPIC, payload]]);
    const { writer, kept, letters } = world(refuse('oven-17:b1:1:4'));

    await writer.write(rows);

    expect(kept.filter(({ table }) => table === 'results').map(({ part }) => part?.at(-1))).toEqual([
      '0',
      '1',
      '2',
      '3',
      '5',
      '6',
    ]);
    expect(letters).toEqual([
      {
        original: expect.objectContaining({ topic: TOPIC, payload }),
        code: 'SINK_ROW_REFUSED',
        message: 'the database refused the row (not this one)',
        part: 'oven-17:b1:1:4',
        receivedAtMs: expect.any(Number),
        where: 'table',
      },
    ]);
  });

  it('finds one bad row among a thousand in few transactions', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `${index}`);
    const { writer, transactions } = world(refuse('oven-17:b1:1:617'));

    await writer.write(rowsOfMessages([[TOPIC, resultMessage(1, ids)]]));

    expect(transactions.length).toBeLessThan(25);
  });

  it('puts a dead letter that the table refuses into the file', async () => {
    const { writer, letters, file } = world((rows) => {
      if (rows.some(({ table }) => table === 'dead_letters')) throw new RowRefused('too large');
    });

    await writer.write(rowsOfMessages([[TOPIC, Buffer.from('no JSON')]]));

    expect(letters).toMatchObject([{ code: 'MESSAGE_NOT_JSON', where: 'file' }]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      topic: TOPIC,
      code: 'MESSAGE_NOT_JSON',
      payloadBase64: Buffer.from('no JSON').toString('base64'),
    });
  });

  it('tries again for as long as the database is away, and says once that it is back', async () => {
    const { writer, kept, changes, letters } = world((_, call) => {
      if (call < 4) throw new StoreAway('nobody there');
    });

    await writer.write(rowsOfMessages([[TOPIC, resultMessage(1, ['a'])]]));

    expect(kept.map(({ table }) => table)).toEqual(['results', 'things']);
    expect(changes).toEqual(['nobody there', 'nobody there', 'nobody there', undefined]);
    expect(letters).toEqual([]);
  });

  it('puts whole messages into the file when the outage is long, each once', async () => {
    const { writer, letters, file } = world(
      () => {
        throw new StoreAway('nobody there');
      },
      { outageMs: 50 },
    );
    const payloads = [resultMessage(1, ['a', 'b']), resultMessage(2, ['c'])];

    await writer.write(rowsOfMessages(payloads.map((payload) => [TOPIC, payload])));

    expect(letters.map(({ code, where, original }) => [code, where, original.payload])).toEqual([
      ['SINK_DATABASE_AWAY', 'file', payloads[0]],
      ['SINK_DATABASE_AWAY', 'file', payloads[1]],
    ]);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });

  it('keeps nothing and says so where the database is away and the file has no room', async () => {
    const { writer, waiting, letters, file } = world(
      () => {
        throw new StoreAway('nobody there');
      },
      { outageMs: 0, maxBytes: 10 },
    );

    const writing = writer.write(rowsOfMessages([[TOPIC, resultMessage(1, ['a'])]]));

    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect(waiting).toEqual([`${file} would grow beyond 10 bytes`]);
    expect(letters).toEqual([]);
  });
});
