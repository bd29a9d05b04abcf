import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ask } from './ask.ts';
import { awsErrors } from './errors.ts';

/** An object that is there. */
export interface StoredObject {
  readonly sizeBytes: number;
  /** SHA-256 as S3 keeps it: base64, of parts with `-COUNT`; undefined where it was made without. */
  readonly sha256: string | undefined;
  readonly kmsKeyId: string | undefined;
}

export interface StoredPart {
  readonly number: number;
  readonly etag: string;
  /** Base64. */
  readonly sha256: string | undefined;
  readonly sizeBytes: number;
}

/** One bucket, as far as publishing needs it. A failure is a VergeError that says what to do. */
export interface ObjectStore {
  readonly bucket: string;
  find(key: string): Promise<StoredObject | undefined>;
  /** Never overwrites. */
  put(key: string, body: Buffer, sha256: string): Promise<void>;
  /** An upload in parts that nobody has finished: the latest. */
  unfinishedUpload(key: string): Promise<string | undefined>;
  parts(key: string, uploadId: string): Promise<readonly StoredPart[]>;
  beginUpload(key: string): Promise<string>;
  uploadPart(key: string, uploadId: string, number: number, body: Buffer, sha256: string): Promise<StoredPart>;
  completeUpload(key: string, uploadId: string, parts: readonly StoredPart[]): Promise<void>;
}

export interface ObjectStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Id, ARN or alias; default: the bucket's own encryption. */
  readonly kmsKey: string | undefined;
  readonly signal: AbortSignal;
}

const ELSEWHERE = new Set(['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException']);

/** A bucket in S3. Checksums are SHA-256 throughout, computed before a byte is sent and compared by S3. */
export function s3ObjectStore({ client, bucket, kmsKey, signal }: ObjectStoreOptions): ObjectStore {
  const encryption =
    kmsKey === undefined
      ? {}
      : ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey, BucketKeyEnabled: true } as const);
  const options = { abortSignal: signal };
  const call = <T>(operation: string, key: string, work: () => Promise<T>): Promise<T> => {
    const what = `s3:${operation} on s3://${bucket}/${key}`;
    return ask(what, work, signal, ({ name, message, status }) => {
      if (name === 'NoSuchBucket')
        return awsErrors.make('AWS_BUCKET_MISSING', `There is no bucket ${bucket} (${what})`);
      // A HEAD is answered without words; S3 says so where it is asked too often.
      if (status === 503)
        return awsErrors.make('AWS_THROTTLED', `S3 is asked too often, after several tries (${what})`);
      if (!ELSEWHERE.has(name) && status !== 301) return undefined;
      return awsErrors.make(
        'AWS_REGION_WRONG',
        `The bucket ${bucket} is in another region (${what}: ${name} ${message})`,
      );
    });
  };
  return {
    bucket,
    find: (Key) =>
      call('HeadObject', Key, async () => {
        try {
          const input = { Bucket: bucket, Key, ChecksumMode: 'ENABLED' } as const;
          const found = await client.send(new HeadObjectCommand(input), options);
          return { sizeBytes: found.ContentLength ?? 0, sha256: found.ChecksumSHA256, kmsKeyId: found.SSEKMSKeyId };
        } catch (error) {
          // A bucket that is not there answers the same; the first write tells them apart.
          if (nameOf(error) === 'NotFound') return undefined;
          throw error;
        }
      }),
    put: (Key, Body, sha256) =>
      call('PutObject', Key, async () => {
        const input = { Bucket: bucket, Key, Body, ChecksumSHA256: sha256, IfNoneMatch: '*', ...encryption };
        await orThere(client.send(new PutObjectCommand(input), options));
      }),
    unfinishedUpload: (Key) =>
      call('ListMultipartUploads', Key, async () => {
        const input = { Bucket: bucket, Prefix: Key };
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(input), options);
        return Uploads.filter((upload) => upload.Key === Key).at(-1)?.UploadId;
      }),
    parts: (Key, UploadId) =>
      call('ListParts', Key, async () => {
        const found: StoredPart[] = [];
        let marker: string | undefined;
        // S3 gives a marker on the last page, too, so the SDK's paginator would not end.
        do {
          const input = { Bucket: bucket, Key, UploadId, PartNumberMarker: marker };
          const page = await client.send(new ListPartsCommand(input), options);
          for (const part of page.Parts ?? []) {
            const { PartNumber: number = 0, ETag: etag = '', ChecksumSHA256: sha256, Size: sizeBytes = 0 } = part;
            found.push({ number, etag, sha256, sizeBytes });
          }
          marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
        } while (marker !== undefined);
        return found;
      }),
    beginUpload: (Key) =>
      call('CreateMultipartUpload', Key, async () => {
        const input = {
          Bucket: bucket,
          Key,
          ChecksumAlgorithm: 'SHA256',
          ChecksumType: 'COMPOSITE',
          ...encryption,
        } as const;
        const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand(input), options);
        return UploadId;
      }),
    uploadPart: (Key, UploadId, number, Body, sha256) =>
      call('UploadPart', `${Key} part ${number}`, async () => {
        const input = { Bucket: bucket, Key, UploadId, PartNumber: number, Body, ChecksumSHA256: sha256 };
        const { ETag = '' } = await client.send(new UploadPartCommand(input), options);
        return { number, etag: ETag, sha256, sizeBytes: Body.length };
      }),
    completeUpload: (Key, UploadId, parts) =>
      call('CompleteMultipartUpload', Key, async () => {
        const Parts = parts.map(({ number, etag, sha256 }) => ({
          PartNumber: number,
          ETag: etag,
          ChecksumSHA256: sha256,
        }));
        const input = { Bucket: bucket, Key, UploadId, MultipartUpload: { Parts }, IfNoneMatch: '*' };
        await orThere(client.send(new CompleteMultipartUploadCommand(input), options));
      }),
  };
}

/**
 * An answer may be lost after the work was done, and the SDK then asks again: it finds the object there, or the upload
 * gone. Whoever wrote it looks at what is there next, and so is told if it is not.
 */
async function orThere(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!['PreconditionFailed', 'NoSuchUpload'].includes(nameOf(error))) throw error;
  }
}

/** The SDK's name of an error. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
