import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { ask } from './ask.ts';
import { awsErrors } from './errors.ts';
import { nameOf } from './object-store.ts';

export interface StoredDocument {
  readonly text: string;
  /** What a later write must find there still. */
  readonly tag: string;
}

/** Small texts in a bucket, written under conditions, so that of two writers one learns that it was late. @throws VergeError AWS_… */
export interface Documents {
  readonly bucket: string;
  /** @throws VergeError AWS_OBJECT_TOO_LARGE before it is fetched */
  read(key: string): Promise<StoredDocument | undefined>;
  /**
   * The new tag; undefined where somebody else wrote meanwhile.
   * @param tag of what must be there still; undefined: nothing may be there yet
   */
  write(key: string, text: string, tag: string | undefined, type: string): Promise<string | undefined>;
  /** Writes whatever is there. */
  put(key: string, text: string, type: string): Promise<void>;
  /** Folders right below a prefix that ends in `/`, without it. */
  folders(prefix: string): Promise<readonly string[]>;
}

export interface DocumentsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly signal: AbortSignal;
}

/** The state of a rollout over 10,000 devices, each with the longest reason there may be, and the journal are half of it. */
const MAX_BYTES = 64 * 1024 * 1024;
const LATE = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);

export function s3Documents({ client, bucket, signal }: DocumentsOptions): Documents {
  const sending = { abortSignal: signal };
  const call = <T>(operation: string, key: string, work: () => Promise<T>): Promise<T> =>
    ask(`s3:${operation} on s3://${bucket}/${key}`, work, signal, ({ name, status }) => {
      if (name === 'NoSuchBucket') return awsErrors.make('AWS_BUCKET_MISSING', `There is no bucket ${bucket}`);
      return status === 301
        ? awsErrors.make('AWS_REGION_WRONG', `The bucket ${bucket} is in another region`)
        : undefined;
    });

  async function read(Key: string): Promise<StoredDocument | undefined> {
    const found = await call('GetObject', Key, async () => {
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key }), sending);
        const { Body, ContentLength: sizeBytes = 0, ETag = '' } = answer;
        if (sizeBytes <= MAX_BYTES)
          return { sizeBytes, text: (await Body?.transformToString('utf8')) ?? '', tag: ETag };
        await Body?.transformToWebStream().cancel();
        return { sizeBytes, text: '', tag: ETag };
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined;
        throw error;
      }
    });
    if (found === undefined || found.sizeBytes <= MAX_BYTES) return found;
    const what = `s3://${bucket}/${Key} has ${found.sizeBytes} bytes, over ${MAX_BYTES}`;
    throw awsErrors.make('AWS_OBJECT_TOO_LARGE', what);
  }

  return {
    bucket,
    read,
    async write(Key, Body, tag, ContentType) {
      const condition = tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag };
      const input = { Bucket: bucket, Key, Body, ContentType, ...condition };
      const written = await call('PutObject', Key, async () => {
        try {
          return (await client.send(new PutObjectCommand(input), sending)).ETag;
        } catch (error) {
          if (LATE.has(nameOf(error))) return undefined;
          throw error;
        }
      });
      if (written !== undefined) return written;
      // An answer may be lost after the work was done, and the SDK then asks again and finds its own object there.
      const there = await read(Key);
      return there?.text === Body ? there.tag : undefined;
    },
    put: (Key, Body, ContentType) =>
      call('PutObject', Key, async () => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType }), sending);
      }),
    folders: (Prefix) =>
      call('ListObjectsV2', Prefix, async () => {
        const found: string[] = [];
        for await (const page of paginateListObjectsV2(
          { client },
          { Bucket: bucket, Prefix, Delimiter: '/' },
          sending,
        )) {
          for (const one of page.CommonPrefixes ?? [])
            found.push((one.Prefix ?? '').slice(Prefix.length).replace(/\/$/, ''));
        }
        return found;
      }),
  };
}
