import { randomBytes } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ObjectReader, StoredObject } from '../../../cloud/aws/objects.ts';
import { type DownloadOptions, download } from '../../../cloud/source/download/download.ts';
import { startTestStack, type TestStack } from '../../support/aws-stack.ts';
import { scratchFolder } from '../../support/scratch.ts';

const place = { bucket: 'models', key: 'intents/output/model.tar.gz' };
const [Bucket, Key] = [place.bucket, place.key];
const KiB = 1024;
const bytes = randomBytes(300 * KiB + 7);
const rangeBytes = 64 * KiB;

/** A stack with the object in it, put in one piece. */
async function withObject(more: Partial<PutObjectCommandInput> = {}, s3Config = {}): Promise<TestStack> {
  const stack = await startTestStack();
  await stack.put(Bucket, 'other', 'x');
  const s3 = stack.s3(s3Config);
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: bytes, ...more }));
  return stack;
}

interface Fetched {
  readonly target: string;
  readonly pauses: number[];
  readonly progress: number[];
  readonly ended: Promise<{ verifiedBy: string }>;
}

/** Begins to fetch the object into a folder of its own, without waiting between tries. */
function fetchObject(objects: ObjectReader, options: DownloadOptions = {}): Fetched {
  const target = join(scratchFolder(), 'model.tar.gz');
  const pauses: number[] = [];
  const progress: number[] = [];
  const pause = async (delayMs: number): Promise<void> => void pauses.push(delayMs);
  const onProgress = (done: number): void => void progress.push(done);
  const ended = download(objects, place, target, { rangeBytes, pause, onProgress, ...options });
  return { target, pauses, progress, ended };
}

function objectsOf(stack: TestStack): ObjectReader {
  const ports = stack.connect();
  onTestFinished(() => ports.close());
  return ports.objects;
}

async function isWhole(target: string): Promise<boolean> {
  return Buffer.compare(await readFile(target), bytes) === 0;
}

/** The largest artifact that is fetched at all. */
const LARGEST_BYTES = 2 ** 36;

describe('an object of S3 is fetched', () => {
  it('range by range, with progress up to its size', async () => {
    const stack = await withObject();

    const fetched = fetchObject(objectsOf(stack));
    const { verifiedBy } = await fetched.ended;

    expect(await isWhole(fetched.target)).toBe(true);
    expect(verifiedBy).toBe('CRC32');
    expect(stack.faults.calls.filter(({ operation }) => operation === 'GetObject')).toHaveLength(5);
    expect(fetched.progress.at(-1)).toBe(bytes.length);
    expect(fetched.progress).toEqual(fetched.progress.toSorted((a, b) => a - b));
  });

  it('from where it broke off: what has come is not asked for again', async () => {
    const stack = await withObject();
    for (let time = 0; time < 6; time += 1) {
      stack.faults.inject({ operation: 'GetObject', after: time, fault: { kind: 'cut-answer', afterBytes: 20 * KiB } });
    }

    const fetched = fetchObject(objectsOf(stack));
    await fetched.ended;

    expect(await isWhole(fetched.target)).toBe(true);
    expect(fetched.pauses.length).toBeGreaterThan(0);
    // Each byte is written once: progress counts what is written.
    expect(fetched.progress.at(-1)).toBe(bytes.length);
  });

  it.each([
    { kind: 'throttle' },
    { kind: 'disconnect' },
    { kind: 'lose-answer' },
    { kind: 'error', code: 'InternalError', status: 500, message: 'We encountered an internal error.' },
  ] as const)('whichever of its calls fails once by $kind', async (fault) => {
    const stack = await withObject();
    const whole: boolean[] = [];
    const before = stack.faults.calls.length;
    await fetchObject(objectsOf(stack)).ended;
    const count = stack.faults.calls.length - before;

    for (let turn = 0; turn < count; turn += 1) {
      stack.faults.clear();
      const operation = turn === 0 ? 'HeadObject' : 'GetObject';
      stack.faults.inject({ operation, after: Math.max(0, turn - 1), fault });
      const fetched = fetchObject(objectsOf(stack));
      await fetched.ended;
      whole.push(await isWhole(fetched.target));
    }

    expect(whole).toEqual(Array(6).fill(true));
  });

  it('where the connection goes silent', async () => {
    const stack = await withObject();
    stack.faults.inject({ operation: 'GetObject', times: 2, fault: { kind: 'stall-answer', afterBytes: 1000 } });
    const ports = stack.connect({ idleTimeoutMs: 300 });
    onTestFinished(() => ports.close());

    const fetched = fetchObject(ports.objects);
    await fetched.ended;

    expect(await isWhole(fetched.target)).toBe(true);
  });

  it('and given up where the connection breaks again and again', async () => {
    const stack = await withObject();
    stack.faults.inject({ operation: 'GetObject', times: 1000, fault: { kind: 'cut-answer', afterBytes: 0 } });

    const { ended, pauses } = fetchObject(objectsOf(stack));

    await expect(ended).rejects.toMatchObject({
      code: 'ORIGIN_CONNECTION_BROKEN',
      message: expect.stringMatching(
        /^The connection broke 6 times at 0 of \d+ bytes of a part of s3:\/\/models\/intents/,
      ),
    });
    expect(Math.max(...pauses)).toBeGreaterThan(1600);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10_000);
  });

  it('and refused where it changes meanwhile', async () => {
    const stack = await withObject();
    const objects = objectsOf(stack);
    const s3 = stack.s3();
    let reads = 0;
    const changing: ObjectReader = {
      describe: objects.describe,
      async read(...asked) {
        reads += 1;
        if (reads === 3) await s3.send(new PutObjectCommand({ Bucket, Key, Body: randomBytes(bytes.length) }));
        return objects.read(...asked);
      },
    };

    const { ended } = fetchObject(changing);

    await expect(ended).rejects.toMatchObject({
      code: 'AWS_OBJECT_CHANGED',
      message: expect.stringContaining('s3://models/intents/output/model.tar.gz changed while it was being read'),
    });
  });

  it('and refused with the reason that S3 gives, though it gives none to HeadObject', async () => {
    const stack = await withObject();
    const stranger = stack.connect({ credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' } });
    onTestFinished(() => stranger.close());
    const message = 'User: x is not authorized to perform: s3:GetObject';
    const fault = { kind: 'error', code: 'AccessDenied', status: 403, message } as const;

    const unknown = fetchObject(stranger.objects).ended;
    await expect(unknown).rejects.toMatchObject({ code: 'AWS_CREDENTIALS_REFUSED' });
    for (const operation of ['HeadObject', 'GetObject']) stack.faults.inject({ operation, fault });
    const denied = fetchObject(objectsOf(stack)).ended;

    await expect(denied).rejects.toMatchObject({
      code: 'AWS_ACCESS_DENIED',
      message: expect.stringContaining(`AWS does not allow reading s3://models/${Key} (AccessDenied: ${message})`),
    });
  });

  it('until it is stopped', async () => {
    const stack = await withObject();
    const stop = new AbortController();
    const reason = new Error('the user has had enough');
    stack.faults.inject({ operation: 'GetObject', times: 4, fault: { kind: 'stall-answer', afterBytes: 1 } });

    const { ended } = fetchObject(objectsOf(stack), { signal: stop.signal, onProgress: () => stop.abort(reason) });

    await expect(ended).rejects.toBe(reason);
  });

  it('where it is empty', async () => {
    const stack = await withObject({ Body: new Uint8Array() });

    const fetched = fetchObject(objectsOf(stack));
    await fetched.ended;

    expect((await readFile(fetched.target)).length).toBe(0);
  });

  async function claiming(sizeBytes: number): Promise<ObjectReader> {
    const objects = objectsOf(await withObject());
    return { ...objects, describe: async (...asked) => ({ ...(await objects.describe(...asked)), sizeBytes }) };
  }

  it('and refused where it is larger than any model, before anything is written', async () => {
    const tooLarge = fetchObject(await claiming(LARGEST_BYTES + 1));

    await expect(tooLarge.ended).rejects.toMatchObject({ code: 'ORIGIN_TOO_LARGE' });
    expect(await readdir(join(tooLarge.target, '..'))).toEqual([]);
  });

  const { bavail, bsize } = statfsSync(tmpdir());
  const note = bavail * bsize < LARGEST_BYTES ? '' : ' (skipped: this disk has room for the largest model)';
  it.skipIf(note !== '')(
    `and refused where it is larger than the disk, before anything is written${note}`,
    async () => {
      const noRoom = fetchObject(await claiming(LARGEST_BYTES));

      await expect(noRoom.ended).rejects.toMatchObject({ code: 'ORIGIN_DISK_FULL' });
      expect(await readdir(join(noRoom.target, '..'))).toEqual([]);
    },
  );
});

describe('what was fetched is held against', () => {
  const KMS = { ServerSideEncryption: 'aws:kms' } as const;
  const silent = { requestChecksumCalculation: 'WHEN_REQUIRED' } as const;

  async function uploadInParts(s3: S3Client, more: Partial<PutObjectCommandInput> = {}): Promise<Buffer> {
    const body = randomBytes(11 * KiB * KiB);
    await new Upload({ client: s3, params: { Bucket, Key, Body: body, ...more }, partSize: 5 * KiB * KiB }).done();
    return body;
  }

  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)('its %s', async (ChecksumAlgorithm) => {
    const stack = await withObject({ ChecksumAlgorithm });

    const { verifiedBy } = await fetchObject(objectsOf(stack)).ended;

    expect(verifiedBy).toBe(ChecksumAlgorithm);
  });

  it.each(['CRC32', 'SHA256'] as const)('the %s of its parts', async (ChecksumAlgorithm) => {
    const stack = await withObject();
    const body = await uploadInParts(stack.s3(), { ChecksumAlgorithm });

    const fetched = fetchObject(objectsOf(stack), { rangeBytes: 4 * KiB * KiB });
    const { verifiedBy } = await fetched.ended;

    expect(verifiedBy).toBe(ChecksumAlgorithm);
    expect(Buffer.compare(await readFile(fetched.target), body)).toBe(0);
  });

  it('its entity tag where S3 has no checksum, also that of parts', async () => {
    const stack = await withObject();
    const without = (objects: ObjectReader): ObjectReader => ({
      ...objects,
      describe: async (...asked) => ({ ...(await objects.describe(...asked)), checksums: {}, composite: false }),
    });
    const whole = await fetchObject(without(objectsOf(stack))).ended;
    await uploadInParts(stack.s3(silent));

    const parts = await fetchObject(without(objectsOf(stack)), { rangeBytes: 4 * KiB * KiB }).ended;

    expect([whole.verifiedBy, parts.verifiedBy]).toEqual(['ETag', 'ETag']);
  });

  it('its size alone where KMS made the tag and there is no checksum', async () => {
    const stack = await withObject(KMS);
    const objects = objectsOf(stack);
    const without: ObjectReader = {
      ...objects,
      describe: async (...asked) => ({ ...(await objects.describe(...asked)), checksums: {} }),
    };

    const { verifiedBy } = await fetchObject(without).ended;

    expect(verifiedBy).toBe('size');
  });

  it.each<[string, Partial<StoredObject>]>([
    ['checksum', { checksums: { CRC32: 'AAAAAA==' } }],
    ['tag', { checksums: {}, etag: `"${'0'.repeat(32)}"` }],
  ])('and refused where its %s is another', async (_, lie) => {
    const stack = await withObject();
    const objects = objectsOf(stack);
    const { etag } = await objects.describe(place);
    const lying: ObjectReader = {
      describe: async (...asked) => ({ ...(await objects.describe(...asked)), ...lie }),
      read: (where, range, _tag, signal) => objects.read(where, range, etag, signal),
    };

    const { ended } = fetchObject(lying);

    await expect(ended).rejects.toMatchObject({
      code: 'ORIGIN_DAMAGED',
      message: expect.stringMatching(/^s3:.* was fetched with the (CRC32|ETag) .*, where S3 says [0A]/),
    });
  });
});
