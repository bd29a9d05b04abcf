import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../aws/whole-file.ts';
import type { Checksums } from './checksums.ts';
import { s3Error } from './errors.ts';

/** What a caller says of an object beside its bytes. Members of the client's inputs and outputs by their names. */
export type ObjectAttributes = Readonly<Record<string, unknown>>;

export interface ObjectRecord {
  readonly key: string;
  /** Name of the file with its bytes. */
  readonly blob: string;
  readonly sizeBytes: number;
  /** With its quotes, as it is on the wire. */
  readonly etag: string;
  /** ISO 8601, whole seconds. */
  readonly lastModified: string;
  readonly checksums: Checksums;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
  readonly attributes: ObjectAttributes;
  /** Bytes of each part; absent where it came in one piece. */
  readonly partBytes?: readonly number[];
}

/** One bucket: objects by key, in memory and in a folder. */
export interface Bucket {
  readonly name: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Where multipart uploads keep what they have. */
  readonly uploadsFolder: string;
  find(key: string): ObjectRecord | undefined;
  /** In the order of S3: by the bytes of their UTF-8. */
  objects(): readonly ObjectRecord[];
  blobPath(blob: string): string;
  /** `allowed` is asked in the same step in which the object takes its place: nobody comes between. Else its bytes go. */
  put(record: ObjectRecord, allowed: (current: ObjectRecord | undefined) => void): void;
  remove(key: string): void;
}

export interface Store {
  buckets(): readonly Bucket[];
  /** @throws AwsError NoSuchBucket */
  bucket(name: string): Bucket;
  create(name: string, now: Date): void;
  delete(name: string): void;
}

const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Opens the folder with everything that an earlier run left in it. */
export async function openStore(folder: string): Promise<Store> {
  await mkdir(folder, { recursive: true });
  const buckets = new Map<string, Bucket>();
  for (const name of readdirSync(folder)) {
    const home = path.join(folder, name);
    // A bucket whose making was cut off was never there.
    if (existsSync(path.join(home, 'bucket.json'))) buckets.set(name, openBucket(home));
    else rmSync(home, { recursive: true });
  }
  return {
    buckets: () => [...buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    bucket(name) {
      const found = buckets.get(name);
      if (!found) throw s3Error('NoSuchBucket', { BucketName: name });
      return found;
    },
    create(name, now) {
      if (!BUCKET_NAME.test(name)) throw s3Error('InvalidBucketName', { BucketName: name });
      if (buckets.has(name)) throw s3Error('BucketAlreadyOwnedByYou', { BucketName: name });
      const home = path.join(folder, name);
      mkdirSync(home);
      writeWhole(path.join(home, 'bucket.json'), { createdAt: now.toISOString() });
      buckets.set(name, openBucket(home));
    },
    delete(name) {
      const bucket = buckets.get(name);
      if (!bucket) throw s3Error('NoSuchBucket', { BucketName: name });
      if (bucket.objects().length > 0) throw s3Error('BucketNotEmpty', { BucketName: name });
      buckets.delete(name);
      rmSync(path.join(folder, name), { recursive: true });
    },
  };
}

function openBucket(home: string): Bucket {
  const folders = { records: path.join(home, 'objects'), blobs: path.join(home, 'blobs') };
  const uploadsFolder = path.join(home, 'uploads');
  for (const folder of [...Object.values(folders), uploadsFolder]) mkdirSync(folder, { recursive: true });
  const objects = readRecords(folders.records);
  sweep(folders.blobs, new Set([...objects.values()].map(({ blob }) => blob)));
  // Written by `create`.
  const { createdAt } = JSON.parse(readFileSync(path.join(home, 'bucket.json'), 'utf8')) as { createdAt: string };

  /** Keys hold any character; file names do not. */
  function recordPath(key: string): string {
    return path.join(folders.records, `${createHash('sha256').update(key).digest('hex')}.json`);
  }

  function dropBlob(record: ObjectRecord | undefined): void {
    // Who reads it has it open, and reads on.
    if (record) unlinkSync(path.join(folders.blobs, record.blob));
  }

  return {
    name: path.basename(home),
    createdAt,
    uploadsFolder,
    find: (key) => objects.get(key),
    objects: () => [...objects.values()].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    blobPath: (blob) => path.join(folders.blobs, blob),
    put(record, allowed) {
      const before = objects.get(record.key);
      try {
        allowed(before);
      } catch (error) {
        dropBlob(record);
        throw error;
      }
      writeWhole(recordPath(record.key), record);
      objects.set(record.key, record);
      dropBlob(before);
    },
    remove(key) {
      const before = objects.get(key);
      if (!before) return;
      rmSync(recordPath(key));
      objects.delete(key);
      dropBlob(before);
    },
  };
}

/** S3 knows the second in which an object took its place, and no more. */
export function wholeSeconds(time: Date): string {
  return new Date(Math.floor(time.getTime() / 1000) * 1000).toISOString();
}

export function newBlob(): string {
  return randomUUID();
}

function readRecords(folder: string): Map<string, ObjectRecord> {
  const records = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    // Written by `put`.
    .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as ObjectRecord);
  return new Map(records.map((record) => [record.key, record]));
}

/** Removes bytes of objects that never took their place, because the process ended first. */
function sweep(folder: string, known: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) if (!known.has(name)) rmSync(path.join(folder, name));
}
