import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { boundSize } from '../../../../../cloud/checkpoint/archive/bound-size.ts';
import { unpackModel } from '../../../../../cloud/checkpoint/archive/unpack.ts';
import { limits } from '../../../../../cloud/checkpoint/limits.ts';
import { openArchiveBytes, refusalOf } from '../../../../support/hostile/refusal.ts';
import { endMark, tarFile, tarHeader } from '../../../../support/hostile/tar-bytes.ts';
import { tinyModel } from '../../../../support/hostile/tiny-model.ts';
import { scratchFolder } from '../../../../support/scratch.ts';

const tar = Buffer.concat([...Object.entries(tinyModel).map(([name, content]) => tarFile(name, content)), endMark]);
const archive = gzipSync(tar);
const refuse = (bytes: Uint8Array) => refusalOf(() => openArchiveBytes(bytes));

/** A start that is written to disk, then zeros, compressed as they are made. */
async function zerosBehind(start: Uint8Array, zeroBytes: number): Promise<Buffer> {
  const chunk = Buffer.alloc(1024 * 1024);
  function* all(): Generator<Uint8Array> {
    yield start;
    for (let left = zeroBytes; left > 0; left -= chunk.length) yield chunk;
  }
  const compressed: Buffer[] = [];
  await pipeline(Readable.from(all()), createGzip(), async (stream: AsyncIterable<Buffer>) => {
    for await (const piece of stream) compressed.push(piece);
  });
  return Buffer.concat(compressed);
}

describe('compressed data that is damaged or not alone', () => {
  it.each([10, 11, 30, archive.length >> 1, archive.length - 9, archive.length - 8, archive.length - 1])(
    'is refused when it is cut after %i bytes',
    async (length) => {
      const refusal = await refuse(archive.subarray(0, length));

      expect(refusal).toEqual({
        code: 'GZIP_TRUNCATED',
        what: "'model.tar.gz' ends in the middle of its compressed data",
      });
    },
  );

  it.each([
    ['checksum', archive.length - 8],
    ['length', archive.length - 4],
    ['flags', 3],
    ['method', 2],
  ])('is refused when its %s is wrong', async (_, at) => {
    const damaged = Buffer.from(archive);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;

    const refusal = await refuse(damaged);

    expect(refusal).toEqual({ code: 'GZIP_CORRUPT', what: "'model.tar.gz' has damaged compressed data" });
  });

  it.each([
    ['one byte', Buffer.from('x'), 'GZIP_TRUNCATED'], // zlib asks for two before it judges,
    ['zeros', Buffer.alloc(512), 'GZIP_TRAILING'],
    ['a few megabytes', Buffer.alloc(3_000_000, 'x'), 'GZIP_TRAILING'],
    ['half the mark of gzip', Buffer.from([0x1f]), 'GZIP_TRUNCATED'],
  ])('is refused when it is followed by %s', async (_, trailing, code) => {
    const refusal = await refuse(Buffer.concat([archive, trailing]));

    expect(refusal).toEqual({ code, what: expect.stringContaining("'model.tar.gz'") });
  });

  it('is refused when a second member brings a second archive', async () => {
    const refusal = await refuse(Buffer.concat([archive, archive]));

    expect(refusal).toEqual({ code: 'TAR_TRAILING', what: expect.stringContaining(`at byte ${tar.length} `) });
  });

  it('is refused when a second member is noise', async () => {
    const refusal = await refuse(Buffer.concat([archive, Buffer.from([0x1f, 0x8b, 8, 0]), randomBytes(100)]));

    expect(refusal.code).toMatch(/^(GZIP_|TAR_)/);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'TAR_TRUNCATED'],
    ['a text', Buffer.alloc(600, 'a text'), 'TAR_HEADER_BAD'],
    ['another gzip', Buffer.concat([gzipSync(tar), Buffer.alloc(512)]), 'TAR_HEADER_BAD'],
  ])('is refused when it holds %s and no tar', async (_, content, code) => {
    const refusal = await refuse(gzipSync(content));

    expect(refusal.code).toBe(code);
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'FORMAT_UNKNOWN', 'is empty'],
    ['a text', Buffer.from('hello'), 'FORMAT_UNKNOWN', 'begins with the bytes 68656c6c6f'],
    ['a zip', Buffer.from('PK\x03\x04zip'), 'FORMAT_ZIP', 'is a zip file'],
    ['half the mark of gzip', Buffer.from([0x1f]), 'FORMAT_UNKNOWN', 'begins with the bytes 1f'],
  ])('is refused where it is %s', async (_, content, code, what) => {
    const refusal = await refuse(content);

    expect(refusal).toEqual({ code, what: expect.stringContaining(what) });
  });
});

describe('a bomb', () => {
  const zeros = limits.compressionRatioFloorBytes + 8 * 1024 * 1024;

  it.each([
    ['in a file that is written', tarHeader({ name: 'model.safetensors', size: zeros })],
    ['in a file that is skipped', tarHeader({ name: 'code/zeros', size: zeros })],
    ['behind the end', endMark],
  ])('of zeros %s is ended at the ratio', async (_, start) => {
    const bytes = await zerosBehind(start, zeros);

    const refusal = await refuse(bytes);

    expect(refusal).toEqual({
      code: 'ARCHIVE_RATIO',
      what: expect.stringMatching(/^The archive unpacks \d+ bytes to /),
    });
  });

  it('is ended at the bytes of the whole archive', async () => {
    const chunks = Readable.from([Buffer.alloc(600), Buffer.alloc(600)]);
    const bounds = { archiveBytes: 1000, compressionRatio: 100, compressionRatioFloorBytes: 5000 };
    const taken: number[] = [];

    const refusal = await refusalOf(async () => {
      for await (const chunk of boundSize(chunks, () => 1200, bounds)) taken.push(chunk.byteLength);
    });

    expect(refusal).toEqual({ code: 'ARCHIVE_TOO_LARGE', what: 'The archive unpacks to more than 1000 bytes' });
    expect(taken).toEqual([600]);
  });

  it('is ended at the bytes that are written to disk, before the file that goes beyond', async () => {
    const files = [
      tarFile('model-00001-of-00002.safetensors', 'x'.repeat(600)),
      tarHeader({ name: 'model-00002-of-00002.safetensors', size: 600 }),
    ];
    const bounds = { archiveEntries: 10, modelBytes: 1000 };

    const refusal = await refusalOf(() => unpackModel(Readable.from(files), scratchFolder(), bounds));

    expect(refusal).toEqual({
      code: 'ARCHIVE_MODEL_TOO_LARGE',
      what: "The model's files are larger than 1000 bytes together",
    });
  });
});
