import { createHash, randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { describe, expect, it } from 'vitest';
import { refusal, startTestStack, testRegion } from '../../support/aws-stack.ts';
import { scratchFolder } from '../../support/scratch.ts';

const Bucket = 'models';
const Key = 'bundles/large';
const PART_BYTES = 5 * 1024 * 1024;
const first = randomBytes(PART_BYTES);
const second = randomBytes(1000);

async function withBucket(): Promise<S3Client> {
  const s3 = (await startTestStack()).s3();
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }));
  return s3;
}

async function begin(s3: S3Client, more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<string> {
  const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  return UploadId;
}

async function part(s3: S3Client, UploadId: string, PartNumber: number, Body: Uint8Array): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32 } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
  return { PartNumber, ETag, ChecksumCRC32 };
}

function complete(s3: S3Client, UploadId: string, Parts: CompletedPart[], more: object = {}) {
  return s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
}

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

describe('an upload in parts to the stand-in of S3', () => {
  it('ends in one object with the tag that S3 makes of parts', async () => {
    const s3 = await withBucket();
    const id = await begin(s3, { ContentType: 'application/gzip', ServerSideEncryption: 'AES256' });

    const parts = [await part(s3, id, 1, first), await part(s3, id, 7, second)];
    const { ETag } = await complete(s3, id, parts);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));

    const bytes = Buffer.concat([first, second]);
    expect(ETag).toBe(`"${md5(Buffer.concat([md5(first), md5(second)])).toString('hex')}-2"`);
    expect(Buffer.compare(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bytes)).toBe(0);
    expect(got).toMatchObject({ ETag, ContentType: 'application/gzip', ContentLength: bytes.length });
  });

  it('is taken from the library that uploads streams, which checks every checksum', async () => {
    const s3 = await withBucket();
    const bytes = randomBytes(2 * PART_BYTES + 17);

    const { ETag } = await new Upload({ client: s3, params: { Bucket, Key, Body: bytes }, queueSize: 3 }).done();
    const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));

    expect(ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
    expect(Buffer.compare(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bytes)).toBe(0);
    expect(got.ChecksumType).toBe('COMPOSITE');
    expect(got.ChecksumCRC32).toMatch(/-3$/);
  });

  it('tells after a restart what it has, so that it can go on', async () => {
    const folder = scratchFolder();
    const before = await startTestStack({ folder });
    const s3 = before.s3();
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }));
    const id = await begin(s3);
    await part(s3, id, 1, first);
    await before.close();
    const again = (await startTestStack({ folder })).s3();

    const { Uploads } = await again.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'bundles/' }));
    const { Parts = [] } = await again.send(new ListPartsCommand({ Bucket, Key, UploadId: id }));
    const kept = Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    await complete(again, id, [...kept, await part(again, id, 2, second)]);
    const { ContentLength } = await again.send(new HeadObjectCommand({ Bucket, Key }));

    expect(Uploads).toMatchObject([{ Key, UploadId: id }]);
    expect(Parts).toMatchObject([{ PartNumber: 1, Size: PART_BYTES, ETag: `"${md5(first).toString('hex')}"` }]);
    expect(ContentLength).toBe(PART_BYTES + second.length);
  });

  it('takes the later of two parts with one number', async () => {
    const s3 = await withBucket();
    const id = await begin(s3);

    const before = await part(s3, id, 1, second);
    const after = await part(s3, id, 1, Buffer.from('later'));
    const refused = await refusal(complete(s3, id, [before]));
    await complete(s3, id, [after]);
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key }));

    expect(refused).toEqual({ name: 'InvalidPart', status: 400 });
    expect(ContentLength).toBe(5);
  });

  it('lists parts page by page', async () => {
    const s3 = await withBucket();
    const id = await begin(s3);
    for (const number of [1, 2, 3]) await part(s3, id, number, Buffer.from([number]));

    const page = (more: object) => s3.send(new ListPartsCommand({ Bucket, Key, UploadId: id, MaxParts: 2, ...more }));
    const pageOne = await page({});
    const pageTwo = await page({ PartNumberMarker: pageOne.NextPartNumberMarker });

    expect(pageOne).toMatchObject({ IsTruncated: true, Parts: [{ PartNumber: 1 }, { PartNumber: 2 }] });
    expect(pageTwo).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 3 }] });
  });

  it('has the checksum of the whole where that was asked for, and refuses what claims another', async () => {
    const s3 = await withBucket();
    const whole = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
    const id = await begin(s3, whole);
    const parts = [await part(s3, id, 1, Buffer.from('hello'))];

    const wrong = await refusal(complete(s3, id, parts, { ChecksumType: 'FULL_OBJECT', ChecksumCRC32: 'AAAAAA==' }));
    const right = await complete(s3, id, parts, { ChecksumType: 'FULL_OBJECT', ChecksumCRC32: 'NhCmhg==' });

    expect(wrong).toEqual({ name: 'BadDigest', status: 400 });
    expect(right).toMatchObject({ ChecksumCRC32: 'NhCmhg==', ChecksumType: 'FULL_OBJECT' });
  });

  it('completes under a condition', async () => {
    const s3 = await withBucket();
    const [one, two] = [await begin(s3), await begin(s3)];

    await complete(s3, one, [await part(s3, one, 1, second)], { IfNoneMatch: '*' });
    const refused = await refusal(complete(s3, two, [await part(s3, two, 1, second)], { IfNoneMatch: '*' }));

    expect(refused).toEqual({ name: 'PreconditionFailed', status: 412 });
  });

  it('is completed once where several complete it at one time', async () => {
    const s3 = await withBucket();
    const id = await begin(s3);
    const parts = [await part(s3, id, 1, first), await part(s3, id, 2, second)];

    const ended = await Promise.allSettled([1, 2, 3].map(() => complete(s3, id, parts)));

    const refused = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused).toHaveLength(2);
    expect(refused).toMatchObject(Array(2).fill({ name: 'NoSuchUpload' }));
  });

  it('is refused in the words of S3 where it is wrong', async () => {
    const s3 = await withBucket();
    const id = await begin(s3);
    const parts = [await part(s3, id, 1, second), await part(s3, id, 2, second)];
    const [one = {}, two = {}] = parts;
    const gone = await begin(s3);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: gone }));

    const refused = [
      await refusal(complete(s3, id, parts)),
      await refusal(complete(s3, id, [two, one])),
      await refusal(complete(s3, id, [{ ...one, PartNumber: 3 }])),
      await refusal(complete(s3, gone, parts)),
      await refusal(part(s3, gone, 1, second)),
      await refusal(part(s3, '../../models', 1, second)),
      await refusal(part(s3, id, 10_001, second)),
    ];

    expect(refused.map(({ name }) => name)).toEqual([
      'EntityTooSmall',
      'InvalidPartOrder',
      'InvalidPart',
      'NoSuchUpload',
      'NoSuchUpload',
      'NoSuchUpload',
      'InvalidArgument',
    ]);
  });
});
