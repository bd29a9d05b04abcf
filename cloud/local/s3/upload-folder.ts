import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeWhole } from '../aws/whole-file.ts';
import type { Algorithm, Checksums } from './checksums.ts';
import { s3Error } from './errors.ts';
import type { Bucket, ObjectAttributes } from './store.ts';

/** A multipart upload that has begun and has neither been completed nor aborted. */
export interface UploadRecord {
  readonly uploadId: string;
  readonly key: string;
  /** ISO 8601. */
  readonly initiated: string;
  readonly attributes: ObjectAttributes;
  /** As the caller chose; who chooses none gets a CRC64NVME of the whole. */
  readonly algorithm: Algorithm | undefined;
  readonly checksumType: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface PartRecord {
  readonly number: number;
  /** Name of the file with its bytes. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly md5Hex: string;
  readonly checksums: Checksums;
  readonly lastModified: string;
}

/** Uploads of a bucket, each a folder of parts. */
export const uploadFolder = {
  begin(bucket: Bucket, upload: UploadRecord): void {
    mkdirSync(folderOf(bucket, upload.uploadId));
    writeWhole(path.join(folderOf(bucket, upload.uploadId), 'upload.json'), upload);
  },

  /** @throws AwsError NoSuchUpload */
  find(bucket: Bucket, key: string, uploadId: string): UploadRecord {
    const file = path.join(folderOf(bucket, uploadId), 'upload.json');
    const upload = /^[\w-]+$/.test(uploadId) && existsSync(file) ? readJson<UploadRecord>(file) : undefined;
    if (!upload || upload.key !== key) throw s3Error('NoSuchUpload', { UploadId: uploadId });
    return upload;
  },

  all(bucket: Bucket): UploadRecord[] {
    return readdirSync(bucket.uploadsFolder)
      .map((name) => path.join(bucket.uploadsFolder, name, 'upload.json'))
      .filter((file) => existsSync(file))
      .map((file) => readJson<UploadRecord>(file))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || (a.initiated < b.initiated ? -1 : 1));
  },

  parts(bucket: Bucket, uploadId: string): PartRecord[] {
    const folder = folderOf(bucket, uploadId);
    return readdirSync(folder)
      .filter((name) => /^\d+\.json$/.test(name))
      .map((name) => readJson<PartRecord>(path.join(folder, name)))
      .sort((a, b) => a.number - b.number);
  },

  newPart: (number: number): string => `${number}.${randomUUID()}.part`,

  partPath: (bucket: Bucket, uploadId: string, file: string): string => path.join(folderOf(bucket, uploadId), file),

  /** A part that comes again takes the place of the one before. */
  putPart(bucket: Bucket, uploadId: string, part: PartRecord): void {
    const file = path.join(folderOf(bucket, uploadId), `${part.number}.json`);
    const before = existsSync(file) ? readJson<PartRecord>(file) : undefined;
    writeWhole(file, part);
    if (before) rmSync(path.join(folderOf(bucket, uploadId), before.file));
  },

  end(bucket: Bucket, uploadId: string): void {
    rmSync(folderOf(bucket, uploadId), { recursive: true });
  },
};

function folderOf(bucket: Bucket, uploadId: string): string {
  return path.join(bucket.uploadsFolder, uploadId);
}

/** The files of this folder are written by this file. */
function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
