import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkDeltas } from '../../../../cloud/dataset/parquet/check-deltas.ts';
import { readyZstd, unpackZstd } from '../../../../cloud/dataset/parquet/zstd.ts';
import { openRows } from '../../../../cloud/dataset/rows/open-rows.ts';
import { rowsOf } from '../../../support/batch.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const WINDOW_1_KIB = 0;
const WINDOW_128_MIB = 17 << 3;

/** A block that repeats one byte. */
function repeated(size: number, isLast: boolean): number[] {
  const head = (size << 3) | (1 << 1) | Number(isLast);
  return [head & 0xff, (head >> 8) & 0xff, head >> 16, 0x61];
}

/** One page of one row group, so that every text can share its beginning with the one before. */
function fileOf(data: Uint8Array[]): string {
  const file = path.join(temporaryFolder(), 'in.parquet');
  const column = { name: 'text', data, type: 'BYTE_ARRAY', encoding: 'DELTA_BYTE_ARRAY' } as const;
  const options = { codec: 'UNCOMPRESSED', pageSize: 0, rowGroupSize: 2000, statistics: false } as const;
  writeFileSync(file, Buffer.from(parquetWriteBuffer({ columnData: [column], ...options })));
  return file;
}

async function read(file: string): Promise<unknown> {
  const reader = await openRows(file);
  return rowsOf(reader).finally(() => reader.close());
}

/** Sequences that need no bits each: a block of a few bytes asks for thousands of millions of steps. */
function endlessSequences(isLast: boolean): number[] {
  const literals = [0x08, 0x61]; // one, as it is
  const sequences = [0xff, 0xff, 0xff, 0x54, 0, 0, 51, 0x80, 0x01]; // 98,046 of them, each table of one symbol: no literals, and a match of 32,771 or more
  const block = [...literals, ...sequences];
  const head = (block.length << 3) | (2 << 1) | Number(isLast);
  return [head & 0xff, (head >> 8) & 0xff, head >> 16, ...block];
}

/** As many blocks of one byte. */
function bytesOneByOne(count: number): number[] {
  return Array.from({ length: count }, (_, index) => [(1 << 3) | Number(index === count - 1), 0, 0, 0x61]).flat();
}

describe('Zstandard in a page', () => {
  beforeAll(readyZstd);

  it.each([
    ['says that it unpacks to more than its page', [0xa0, 0xff, 0xff, 0xff, 0x7f], /unpacks to 2147483647 bytes/],
    ['asks for a window of gigabytes', [0x00, 0xa0], /window of 1073741824 bytes/],
    [
      'unpacks to more than it says',
      [0x00, WINDOW_1_KIB, ...repeated(900, false), ...repeated(900, true)],
      /more than/,
    ],
    ['has a block over the largest', [0x00, WINDOW_1_KIB, ...repeated(2_000_000, true)], /block says/],
    ['ends within a block', [0x00, WINDOW_1_KIB, 0xf1, 0x0f, 0x00], /ends within/],
  ])('is refused where it %s', (_what, frame, sentence) => {
    const input = Uint8Array.from([...MAGIC, ...frame]);

    const unpack = (): unknown => unpackZstd(input, 1000);

    expect(unpack).toThrow(sentence);
  });

  it('costs what its bytes cost, whatever it asks for', () => {
    const endless = [
      ...MAGIC,
      0x00,
      WINDOW_128_MIB,
      ...Array.from({ length: 100 }, () => endlessSequences(false)).flat(),
    ];
    const slow = [...MAGIC, 0x00, WINDOW_128_MIB, ...bytesOneByOne(100_000)];

    const unpack = (): unknown => unpackZstd(Uint8Array.from([...endless, ...endlessSequences(true)]), 1000);

    expect(unpack).toThrow(/damaged, or unpacks to more than the 1000 bytes/);
    expect(Buffer.from(unpackZstd(Uint8Array.from(slow), 100_000)).toString('latin1')).toBe('a'.repeat(100_000));
  });

  it('is refused where its frames are many and unpack to nothing that was said', () => {
    const frame = [...MAGIC, 0x00, WINDOW_128_MIB, 0x01, 0x00, 0x00];

    const unpack = (): unknown => unpackZstd(Uint8Array.from(Array.from({ length: 50_000 }, () => frame).flat()), 10);

    expect(unpack).toThrow(/damaged/);
  });

  it('is read frame by frame', () => {
    const frame = [...MAGIC, 0x00, WINDOW_1_KIB, ...repeated(3, true)];

    const output = unpackZstd(Uint8Array.from([...frame, ...frame]), 6);

    expect(Buffer.from(output).toString()).toBe('aaaaaa');
  });
});

describe('deltas in a page', () => {
  it('are read where they are as they should be', async () => {
    const rows = await read(fileOf(['wake me', 'wake me up', 'wake', 'play'].map((text) => Buffer.from(text))));

    expect(rows).toMatchObject([{ text: 'wake me' }, { text: 'wake me up' }, { text: 'wake' }, { text: 'play' }]);
  });

  it('are refused where each text repeats all of the one before, up to more than is held', async () => {
    const long = new Uint8Array(1024 * 1024).fill(0x61);

    const file = fileOf(Array<Uint8Array>(1100).fill(long));
    const reading = read(file);

    await expect(reading).rejects.toThrow(/bytes or more unpacked, over 1073741824/);
    expect(statSync(file).size).toBeLessThan(2 * 1024 * 1024);
  });

  it.each([
    ['other values than the page', [0x80, 0x01, 4, 9, 0], /deltas of 9 values in a page of 3/],
    ['gigabytes of widths', [0x80, 0x01, 0x80, 0x80, 0x80, 0x80, 0x04, 3, 0], /1073741824 pieces/],
    ['blocks of nothing', [0, 4, 3, 0], /blocks of 0 values/],
  ])('are refused where they say they have %s', (_what, bytes, sentence) => {
    const finding = checkDeltas(Uint8Array.from(bytes), 'DELTA_BINARY_PACKED', 3);

    expect(finding.wrong).toMatch(sentence);
  });
});
