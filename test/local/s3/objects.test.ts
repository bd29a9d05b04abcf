import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { refusal, startTestStack, testRegion } from '../../support/aws-stack.ts';
import { scratchFolder } from '../../support/scratch.ts';

const Bucket = 'models';

async function withBucket(folder = scratchFolder()): Promise<S3Client> {
  const s3 = (await startTestStack({ folder })).s3();
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }));
  return s3;
}

async function read(s3: S3Client, input: { Key: string; Range?: string }): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, ...input }));
  return Body?.transformToString();
}

describe('the stand-in of S3', () => {
  it('keeps an object as it was put, with its headers', async () => {
    const s3 = await withBucket();
    const Key = 'a b/ü+c&d=é!(1)*.txt';

    const put = await s3.send(
      new PutObjectCommand({ Bucket, Key, Body: 'hello', ContentType: 'text/plain', Metadata: { fidelity: '0.99' } }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));

    const ETag = `"${createHash('md5').update('hello').digest('hex')}"`;
    const kept = { ETag, ContentLength: 5, ContentType: 'text/plain', Metadata: { fidelity: '0.99' } };
    expect(put).toMatchObject({ ETag, ServerSideEncryption: 'AES256' });
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject(kept);
    expect(head).toMatchObject(kept);
  });

  it.each([
    ['bytes=0-0', 'h', 'bytes 0-0/5'],
    ['bytes=1-3', 'ell', 'bytes 1-3/5'],
    ['bytes=3-', 'lo', 'bytes 3-4/5'],
    ['bytes=3-99', 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 'lo', 'bytes 3-4/5'],
    ['bytes=-99', 'hello', 'bytes 0-4/5'],
  ])('answers the range %s', async (Range, expected, ContentRange) => {
    const s3 = await withBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));

    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range }));

    expect(await got.Body?.transformToString()).toBe(expected);
    expect(got).toMatchObject({ ContentRange, ContentLength: expected.length, $metadata: { httpStatusCode: 206 } });
  });

  it.each(['bytes=2-1', 'bytes=0-1,3-4', 'lines=1-2'])('answers the whole object to %s', async (Range) => {
    const s3 = await withBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));

    const answer = await read(s3, { Key: 'k', Range });

    expect(answer).toBe('hello');
  });

  it('refuses a range behind the end', async () => {
    const s3 = await withBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));

    const refused = await refusal(read(s3, { Key: 'k', Range: 'bytes=5-' }));

    expect(refused).toEqual({ name: 'InvalidRange', status: 416 });
  });

  it('lets one of many writers win where each asks that there be no object, and keeps no bytes of the others', async () => {
    const folder = scratchFolder();
    const s3 = await withBucket(folder);
    const write = (Body: string): Promise<unknown> =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'state', Body, IfNoneMatch: '*' }));

    const ended = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(write));

    const refused = ended.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(4);
    expect(refused).toMatchObject(Array(4).fill({ reason: { name: 'PreconditionFailed' } }));
    expect(await readdir(join(folder, 's3', Bucket, 'blobs'))).toHaveLength(1);
  });

  it('lets one of many writers win where each names the same version', async () => {
    const s3 = await withBucket();
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: 'state', Body: 'first' }));
    const write = (Body: string): Promise<unknown> =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'state', Body, IfMatch: ETag }));

    const ended = await Promise.allSettled(['a', 'b', 'c'].map(write));

    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await read(s3, { Key: 'state' })).toMatch(/^[abc]$/);
  });

  it('answers conditional reads', async () => {
    const s3 = await withBucket();
    const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));
    const get = (conditions: object): Promise<unknown> =>
      s3.send(new GetObjectCommand({ Bucket, Key: 'k', ...conditions }));

    const matched = await read(s3, { Key: 'k', ...{ IfMatch: ETag } });
    const changed = await refusal(get({ IfMatch: '"else"' }));
    const same = await refusal(get({ IfNoneMatch: ETag }));
    const older = await refusal(get({ IfModifiedSince: new Date(Date.now() + 10_000) }));

    expect(matched).toBe('hello');
    expect([changed.status, same.status, older.status]).toEqual([412, 304, 304]);
    expect(changed.name).toBe('PreconditionFailed');
  });

  it.each([
    ['CRC32', 'NhCmhg=='],
    ['CRC32C', 'mnG7TA=='],
    ['SHA1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
    ['SHA256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
  ] as const)('answers a %s that was sent, and refuses a wrong one', async (ChecksumAlgorithm, expected) => {
    const s3 = await withBucket();
    const name = `Checksum${ChecksumAlgorithm}` as const;
    const put = (input: Partial<PutObjectCommandInput>): Promise<object> =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello', ...input }));

    const stored = await put({ ChecksumAlgorithm });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    const wrong = await refusal(put({ Body: 'hallo', [name]: expected }));

    expect(stored).toMatchObject({ [name]: expected });
    expect(head).toMatchObject({ [name]: expected, ChecksumType: 'FULL_OBJECT' });
    expect(wrong).toEqual({ name: 'BadDigest', status: 400 });
  });

  it('makes a CRC64NVME of what comes without a checksum', async () => {
    const stack = await startTestStack();
    const s3 = stack.s3({ requestChecksumCalculation: 'WHEN_REQUIRED' });
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }));

    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '123456789' }));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));

    // The check value of CRC-64/NVME in the catalogue of CRCs: ae8b14860a799888.
    expect(head.ChecksumCRC64NVME).toBe(Buffer.from('ae8b14860a799888', 'hex').toString('base64'));
  });

  it('takes a stream with its checksum in a trailer', async () => {
    const s3 = await withBucket();
    const bytes = randomBytes(300_000);
    const chunks = [bytes.subarray(0, 1), bytes.subarray(1, 200_000), bytes.subarray(200_000)];

    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: Readable.from(chunks), ContentLength: bytes.length }));
    const { Body, ContentEncoding, ChecksumCRC32 } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));

    expect(Buffer.compare(Buffer.from((await Body?.transformToByteArray()) ?? []), bytes)).toBe(0);
    expect({ ContentEncoding, ChecksumCRC32 }).toEqual({
      ContentEncoding: undefined,
      ChecksumCRC32: expect.stringMatching(/^.{8}$/),
    });
  });

  it('keeps the headers of encryption, and makes no MD5 of what KMS encrypts', async () => {
    const s3 = await withBucket();
    const SSEKMSKeyId = 'arn:aws:kms:eu-west-1:123456789012:key/of-the-fleet';

    const input = { Bucket, Key: 'k', Body: 'hello', ServerSideEncryption: 'aws:kms', SSEKMSKeyId } as const;
    const put = await s3.send(new PutObjectCommand(input));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));

    expect(put.ETag).not.toContain(createHash('md5').update('hello').digest('hex'));
    expect(head).toMatchObject({ ETag: put.ETag, ServerSideEncryption: 'aws:kms', SSEKMSKeyId });
  });

  it('lists by prefix and delimiter, page by page', async () => {
    const s3 = await withBucket();
    for (const Key of ['z', 'a/1', 'a/2', 'b/1', 'b&ü', 'c']) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    }
    const page = (more: object): Promise<object> =>
      s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 2, ...more }));

    const below = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/' }));
    const pages = [];
    let token: unknown;
    do {
      const one: { NextContinuationToken?: string } = await page(
        token === undefined ? {} : { ContinuationToken: token },
      );
      pages.push(one);
      token = one.NextContinuationToken;
    } while (token !== undefined);

    expect(below.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['a/1', 3],
      ['a/2', 3],
    ]);
    expect(pages).toMatchObject([
      { Contents: [{ Key: 'b&ü' }], CommonPrefixes: [{ Prefix: 'a/' }], IsTruncated: true, KeyCount: 2 },
      { Contents: [{ Key: 'c' }], CommonPrefixes: [{ Prefix: 'b/' }], IsTruncated: true },
      { Contents: [{ Key: 'z' }], IsTruncated: false, KeyCount: 1 },
    ]);
  });

  it('has buckets that are made once and go when they are empty', async () => {
    const s3 = await withBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'hello' }));
    const again = new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } });

    const location = await s3.send(new GetBucketLocationCommand({ Bucket }));
    const refused = [
      await refusal(s3.send(again)),
      await refusal(s3.send(new CreateBucketCommand({ ...again.input, Bucket: 'Not_A_Name' }))),
      await refusal(s3.send(new DeleteBucketCommand({ Bucket }))),
      await refusal(s3.send(new HeadBucketCommand({ Bucket: 'none' }))),
      await refusal(s3.send(new GetObjectCommand({ Bucket: 'none', Key: 'k' }))),
      await refusal(s3.send(new GetObjectCommand({ Bucket, Key: 'none' }))),
    ];
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    const left = await s3.send(new ListBucketsCommand({}));

    expect(location.LocationConstraint).toBe(testRegion);
    expect(refused.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'BucketAlreadyOwnedByYou 409',
      'InvalidBucketName 400',
      'BucketNotEmpty 409',
      'NotFound 404',
      'NoSuchBucket 404',
      'NoSuchKey 404',
    ]);
    expect(left.Buckets).toEqual([]);
  });

  it('has what was put after a restart, and gives the bytes of the version that a reader began with', async () => {
    const folder = scratchFolder();
    const stack = await startTestStack({ folder });
    const first = stack.s3();
    await first.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }),
    );
    const large = 'x'.repeat(5_000_000);
    await first.send(new PutObjectCommand({ Bucket, Key: 'k', Body: large, Metadata: { v: '1' } }));
    const { Body } = await first.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    await first.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'short', Metadata: { v: '2' } }));
    const begun = await text(Body as Readable); // in Node a body is a stream of Node
    await stack.close();

    const second = (await startTestStack({ folder })).s3();
    const { Metadata } = await second.send(new HeadObjectCommand({ Bucket, Key: 'k' }));

    expect(begun === large).toBe(true);
    expect(Metadata).toEqual({ v: '2' });
    expect(await read(second, { Key: 'k' })).toBe('short');
  });
});
