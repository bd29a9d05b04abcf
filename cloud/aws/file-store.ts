import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { HeadObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ask } from './ask.ts';
import { awsErrors } from './errors.ts';
import { nameOf } from './object-store.ts';
import { type S3Place, uriOf } from './objects.ts';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** Files that go up to S3 and come back. @throws VergeError AWS_… */
export interface FileStore {
  /** Uploads a file, in parts where it is large. */
  upload(file: string, place: S3Place, onProgress?: (bytes: number, total: number) => void): Promise<void>;
  /** Whether an object of this size is there. */
  has(place: S3Place, sizeBytes: number): Promise<boolean>;
  /** Objects whose keys begin so, in the order of their keys. */
  list(place: S3Place): Promise<readonly ListedObject[]>;
}

const PART_BYTES = 16 * 1024 * 1024;

export function fileStoreOf(client: S3Client, signal: AbortSignal): FileStore {
  const options = { abortSignal: signal };
  const asking = <T>(what: string, { bucket }: S3Place, call: () => Promise<T>): Promise<T> =>
    ask(what, call, signal, ({ name }) =>
      name === 'NoSuchBucket' ? awsErrors.make('AWS_BUCKET_MISSING', `There is no bucket ${bucket}`) : undefined,
    );
  return {
    async upload(file, place, onProgress) {
      const { size } = await stat(file);
      await asking(`writing ${uriOf(place)}`, place, async () => {
        const upload = new Upload({
          client,
          params: { Bucket: place.bucket, Key: place.key, Body: createReadStream(file) },
          partSize: PART_BYTES,
        });
        const stop = (): void => void upload.abort();
        signal.addEventListener('abort', stop, { once: true });
        upload.on('httpUploadProgress', ({ loaded = 0 }) => onProgress?.(loaded, size));
        try {
          await upload.done();
        } finally {
          signal.removeEventListener('abort', stop);
        }
      });
    },
    has: (place, sizeBytes) =>
      asking(`looking for ${uriOf(place)}`, place, async () => {
        try {
          const found = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }), options);
          return found.ContentLength === sizeBytes;
        } catch (error) {
          if (nameOf(error) === 'NotFound') return false;
          throw error;
        }
      }),
    list: ({ bucket, key: prefix }) =>
      asking(`listing ${uriOf({ bucket, key: prefix })}`, { bucket, key: prefix }, async () => {
        const found: ListedObject[] = [];
        for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
          for (const { Key: key = '', Size: sizeBytes = 0, ETag: etag = '' } of Contents)
            found.push({ key, sizeBytes, etag });
        }
        return found;
      }),
  };
}
