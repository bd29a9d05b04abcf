import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { checkDeltas } from '../../../../cloud/dataset/parquet/check-deltas.ts';
import { unpackZstd } from '../../../../cloud/dataset/parquet/zstd.ts';
import { openRows } from '../../../../cloud/dataset/rows/open-rows.ts';
import { rowsOf } from '../../../support/batch.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const WINDOW_1_KIB = 0;

/** A block that repeats one byte. */
function repeated(size: number, isLast: boolean): number[] {
  const head = (size << 3) | (1 << 1) | Number(isLast);
  return [head & 0xff, (head >> 8) & 0xff, head >> 16, 0x61];
}

async function readFileOf(data: Uint8Array[]): Promise<unknown> {
  const file = path.join(temporaryFolder(), 'in.parquet');
  const column = { name: 'text', data, type: 'BYTE_ARRAY', encoding: 'DELTA_BYTE_ARRAY' } as const;
  writeFileSync(file, Buffer.from(parquetWriteBuffer({ columnData: [column], codec: 'UNCOMPRESSED' })));
  const reader = await openRows(file);
  return rowsOf(reader).finally(() => reader.close());
}

describe('Zstandard in a page', () => {
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

  it('is read frame by frame', () => {
    const frame = [...MAGIC, 0x00, WINDOW_1_KIB, ...repeated(3, true)];

    const output = unpackZstd(Uint8Array.from([...frame, ...frame]), 6);

    expect(Buffer.from(output).toString()).toBe('aaaaaa');
  });
});

describe('deltas in a page', () => {
  it('are read where they are as they should be', async () => {
    const rows = await readFileOf(['wake me', 'wake me up', 'wake', 'play'].map((text) => Buffer.from(text)));

    expect(rows).toMatchObject([{ text: 'wake me' }, { text: 'wake me up' }, { text: 'wake' }, { text: 'play' }]);
  });

  it('are refused where each text repeats all of the one before, up to more than is held', async () => {
    const long = new Uint8Array(1024 * 1024).fill(0x61);

    const reading = readFileOf(Array<Uint8Array>(1100).fill(long));

    await expect(reading).rejects.toThrow(/bytes or more unpacked, over 1073741824/);
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
