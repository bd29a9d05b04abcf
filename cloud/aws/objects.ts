import { addAbortSignal, type Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { VergeError } from '../../component/contract/error.ts';
import { ask } from './ask.ts';
import { awsErrors } from './errors.ts';

/** One object's address. */
export interface S3Place {
  readonly bucket: string;
  readonly key: string;
}

export const CHECKSUM_ALGORITHMS = ['SHA256', 'CRC64NVME', 'CRC32C', 'CRC32', 'SHA1'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** What S3 says of an object before it is read. */
export interface StoredObject {
  readonly sizeBytes: number;
  /** With its quotes. */
  readonly etag: string;
  readonly versionId: string | undefined;
  /** False where KMS encrypts: the entity tag is then no MD5. */
  readonly etagIsMd5: boolean;
  /** Base64; of the parts' checksums, with `-N` behind it, where `composite`. */
  readonly checksums: Readonly<Partial<Record<ChecksumAlgorithm, string>>>;
  readonly composite: boolean;
  /** Bytes of each part but the last, and how many; undefined where it was put in one piece. */
  readonly parts: { readonly sizeBytes: number; readonly count: number } | undefined;
}

/** The port to objects that are fetched. @throws VergeError AWS_… */
export interface ObjectReader {
  describe(place: S3Place, signal?: AbortSignal): Promise<StoredObject>;
  /** Bytes `first` to `last`, both in it, of the version with this tag. What breaks while they come is not explained. */
  read(
    place: S3Place,
    range: { readonly first: number; readonly last: number },
    etag: string,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
}

export function uriOf({ bucket, key }: S3Place): string {
  return `s3://${bucket}/${key}`;
}

export function objectReaderOf(client: S3Client): ObjectReader {
  return {
    async describe(place, signal) {
      const head = (more: { PartNumber?: number; IfMatch?: string }): Promise<HeadObjectCommandOutput> =>
        ask(
          `reading ${uriOf(place)}`,
          () =>
            client.send(
              new HeadObjectCommand({ Bucket: place.bucket, Key: place.key, ChecksumMode: 'ENABLED', ...more }),
              signal ? { abortSignal: signal } : {},
            ),
          signal,
          (failure) => explainObject(place, failure),
        );
      const whole = await head({}).catch((error: unknown) => sayWhy(client, place, error, signal));
      const etag = whole.ETag ?? '';
      const first = /-\d+"$/.test(etag) ? await head({ PartNumber: 1, IfMatch: etag }) : undefined;
      return readHead(whole, first);
    },

    async read(place, { first, last }, etag, signal) {
      const command = new GetObjectCommand({
        Bucket: place.bucket,
        Key: place.key,
        Range: `bytes=${first}-${last}`,
        IfMatch: etag,
      });
      const { Body } = await ask(
        `reading ${uriOf(place)}`,
        () => client.send(command, signal ? { abortSignal: signal } : {}),
        signal,
        (failure) => explainObject(place, failure),
      );
      // In Node a body is a readable stream of bytes.
      const body = Body as Readable;
      return signal ? addAbortSignal(signal, body) : body;
    },
  };
}

function readHead(whole: HeadObjectCommandOutput, first: HeadObjectCommandOutput | undefined): StoredObject {
  const found = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const value = whole[`Checksum${algorithm}`];
    return value === undefined ? [] : [[algorithm, value] as const];
  });
  return {
    sizeBytes: whole.ContentLength ?? 0,
    etag: whole.ETag ?? '',
    versionId: whole.VersionId,
    etagIsMd5: !whole.ServerSideEncryption?.startsWith('aws:kms') && whole.SSECustomerAlgorithm === undefined,
    checksums: Object.fromEntries(found),
    composite: whole.ChecksumType === 'COMPOSITE' || found.some(([, value]) => /-\d+$/.test(value)),
    parts:
      first?.ContentLength === undefined || first.PartsCount === undefined
        ? undefined
        : { sizeBytes: first.ContentLength, count: first.PartsCount },
  };
}

/** HeadObject has no body, so its errors have only a status: the same question by GetObject is refused with the reason. */
async function sayWhy(client: S3Client, place: S3Place, error: unknown, signal?: AbortSignal): Promise<never> {
  if (!(error instanceof VergeError) || !/^AWS_(ACCESS_DENIED|REQUEST_REFUSED)$/.test(error.code)) throw error;
  const command = new GetObjectCommand({ Bucket: place.bucket, Key: place.key, Range: 'bytes=0-0' });
  const { Body } = await ask(
    `reading ${uriOf(place)}`,
    () => client.send(command, signal ? { abortSignal: signal } : {}),
    signal,
    (failure) => explainObject(place, failure),
  );
  // In Node a body is a readable stream.
  (Body as Readable).destroy();
  throw error;
}

/** What only a question about an object can be refused with. */
function explainObject(
  place: S3Place,
  failure: { readonly name: string; readonly status: number | undefined },
): VergeError | undefined {
  if (failure.name === 'NoSuchBucket') {
    return awsErrors.make('AWS_OBJECT_NOT_FOUND', `There is no bucket ${JSON.stringify(place.bucket)}`);
  }
  if (failure.status === 404) return awsErrors.make('AWS_OBJECT_NOT_FOUND', `There is no ${uriOf(place)}`);
  if (failure.status === 412) {
    return awsErrors.make('AWS_OBJECT_CHANGED', `${uriOf(place)} changed while it was being read`);
  }
  return undefined;
}
