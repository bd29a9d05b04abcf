import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { DeleteObjectRequest, GetObjectRequest, HeadObjectRequest, PutObjectRequest } from '@aws-sdk/client-s3';
import type { Call, Handler } from '../aws/service.ts';
import { attributesOf, encryptionOf, etagHex } from './attributes.ts';
import { announcedAlgorithms, asMembers } from './checksums.ts';
import { checkRead, checkWrite } from './conditions.ts';
import { s3Error } from './errors.ts';
import { type ByteRange, partRange, readRange } from './range.ts';
import { receive } from './receive.ts';
import type { S3Context } from './service.ts';
import { type Bucket, newBlob, type ObjectRecord, wholeSeconds } from './store.ts';

const MAX_KEY_BYTES = 1024;

/** Answers to calls about one object. */
export function objectHandlers({ store, ...account }: S3Context): Record<string, Handler> {
  function find(bucket: Bucket, key: string): ObjectRecord {
    const record = bucket.find(key);
    if (!record) throw s3Error('NoSuchKey', { Key: key });
    return record;
  }

  return {
    async PutObject(input: PutObjectRequest, { request, now }: Call) {
      const bucket = store.bucket(input.Bucket ?? '');
      const key = checkedKey(input.Key);
      checkWrite(input, bucket.find(key));
      const attributes = attributesOf(input, account);
      const blob = newBlob();
      // S3 makes a CRC64NVME of what comes without a checksum.
      const always = announcedAlgorithms(request).length === 0 ? (['CRC64NVME'] as const) : [];
      const { sizeBytes, md5, checksums } = await receive(request, bucket.blobPath(blob), always);
      const etag = `"${etagHex(md5, attributes)}"`;
      const record = { key, blob, sizeBytes, etag, lastModified: wholeSeconds(now), attributes };
      bucket.put({ ...record, checksums, checksumType: 'FULL_OBJECT' }, (current) => checkWrite(input, current));
      return { ETag: etag, ...asMembers(checksums), ChecksumType: 'FULL_OBJECT', ...encryptionOf(attributes) };
    },

    async GetObject(input: GetObjectRequest) {
      const bucket = store.bucket(input.Bucket ?? '');
      const record = find(bucket, input.Key ?? '');
      checkRead(input, record);
      const range = rangeOf(input, record);
      const body = await openBytes(bucket, record, range);
      return { ...describe(record, range, input), ...overrides(input), Body: body };
    },

    HeadObject(input: HeadObjectRequest) {
      const record = find(store.bucket(input.Bucket ?? ''), input.Key ?? '');
      checkRead(input, record);
      const range = rangeOf(input, record);
      return describe(record, range, input);
    },

    DeleteObject({ Bucket = '', Key = '', IfMatch }: DeleteObjectRequest) {
      const bucket = store.bucket(Bucket);
      checkWrite({ IfMatch }, bucket.find(Key));
      bucket.remove(Key);
      return {};
    },
  };
}

export function checkedKey(key: string | undefined): string {
  if (!key) throw s3Error('InvalidArgument', { ArgumentName: 'key' });
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw s3Error('KeyTooLongError');
  return key;
}

function rangeOf(
  { PartNumber, Range }: GetObjectRequest | HeadObjectRequest,
  record: ObjectRecord,
): ByteRange | undefined {
  if (PartNumber !== undefined) return partRange(PartNumber, record.sizeBytes, record.partBytes);
  return readRange(Range, record.sizeBytes);
}

/** A handle that is open before the object can be replaced: who reads has the bytes that the headers speak of. */
async function openBytes(
  bucket: Bucket,
  record: ObjectRecord,
  range: ByteRange | undefined,
): Promise<Readable | string> {
  if (record.sizeBytes === 0) return '';
  const handle = await open(bucket.blobPath(record.blob));
  return handle.createReadStream(range ? { start: range.first, end: range.last } : {});
}

function describe(
  record: ObjectRecord,
  range: ByteRange | undefined,
  { ChecksumMode, PartNumber }: GetObjectRequest | HeadObjectRequest,
): object {
  const { sizeBytes, checksums, checksumType } = record;
  return {
    AcceptRanges: 'bytes',
    ContentLength: range ? range.last - range.first + 1 : sizeBytes,
    ETag: record.etag,
    LastModified: new Date(record.lastModified),
    ...record.attributes,
    ...(range ? { ContentRange: `bytes ${range.first}-${range.last}/${sizeBytes}`, $status: 206 } : {}),
    ...(PartNumber !== undefined && record.partBytes ? { PartsCount: record.partBytes.length } : {}),
    // A checksum of the whole says nothing of a part.
    ...(ChecksumMode === 'ENABLED' && !range ? { ...asMembers(checksums), ChecksumType: checksumType } : {}),
  };
}

/** Headers that whoever hands out a presigned address may choose. */
function overrides(input: GetObjectRequest): object {
  const chosen = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
  };
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
}
