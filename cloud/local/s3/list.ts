import type { ListObjectsV2Request } from '@aws-sdk/client-s3';
import type { Handler } from '../aws/service.ts';
import { awsEncode } from '../aws/signature/canonical.ts';
import type { S3Context } from './service.ts';
import type { ObjectRecord } from './store.ts';

/** One line of a list: an object, or all that share a prefix up to the delimiter. */
type Line = { readonly mark: string; readonly record?: ObjectRecord };

const MAX_KEYS = 1000;

/** Answers lists of objects. */
export function listHandlers({ store, accountId }: S3Context): Record<string, Handler> {
  return {
    ListObjectsV2(input: ListObjectsV2Request) {
      const { Bucket = '', Prefix = '', Delimiter, StartAfter, ContinuationToken, EncodingType } = input;
      const encode = EncodingType === 'url' ? encodeKey : (key: string): string => key;
      const maxKeys = Math.min(Math.max(input.MaxKeys ?? MAX_KEYS, 0), MAX_KEYS);
      const after = ContinuationToken === undefined ? (StartAfter ?? '') : readToken(ContinuationToken);
      const lines = linesOf(store.bucket(Bucket).objects(), Prefix, Delimiter ?? '', after);
      const page = lines.slice(0, maxKeys);
      const last = page.at(-1);
      const truncated = last !== undefined && page.length < lines.length;
      return {
        Name: Bucket,
        Prefix: encode(Prefix),
        KeyCount: page.length,
        MaxKeys: maxKeys,
        IsTruncated: truncated,
        ...(Delimiter === undefined ? {} : { Delimiter: encode(Delimiter) }),
        ...(EncodingType === undefined ? {} : { EncodingType }),
        ...(StartAfter === undefined ? {} : { StartAfter: encode(StartAfter) }),
        ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
        ...(truncated ? { NextContinuationToken: Buffer.from(last.mark).toString('base64url') } : {}),
        Contents: page.flatMap(({ record }) =>
          record ? [describe(record, encode, input.FetchOwner ? accountId : undefined)] : [],
        ),
        CommonPrefixes: page.flatMap(({ mark, record }) => (record ? [] : [{ Prefix: encode(mark) }])),
      };
    },
  };
}

function linesOf(objects: readonly ObjectRecord[], prefix: string, delimiter: string, after: string): Line[] {
  const lines: Line[] = [];
  const start = Buffer.from(after);
  for (const record of objects) {
    const { key } = record;
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const mark = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    if (Buffer.compare(Buffer.from(mark), start) <= 0) continue;
    if (cut < 0) lines.push({ mark, record });
    else if (lines.at(-1)?.mark !== mark) lines.push({ mark });
  }
  return lines;
}

function describe(record: ObjectRecord, encode: (key: string) => string, owner: string | undefined): object {
  return {
    Key: encode(record.key),
    LastModified: new Date(record.lastModified),
    ETag: record.etag,
    Size: record.sizeBytes,
    StorageClass: record.attributes.StorageClass ?? 'STANDARD',
    ChecksumAlgorithm: Object.keys(record.checksums),
    ChecksumType: record.checksumType,
    ...(owner === undefined ? {} : { Owner: { ID: owner } }),
  };
}

function readToken(token: string): string {
  return Buffer.from(token, 'base64url').toString();
}

/** As S3 encodes keys in lists: slashes stay. */
function encodeKey(key: string): string {
  return awsEncode(key).replaceAll('%2F', '/');
}
