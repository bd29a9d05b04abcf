import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { CompletedPart, CompleteMultipartUploadRequest } from '@aws-sdk/client-s3';
import { type Algorithm, type Checksums, startHash } from './checksums.ts';
import { sameTag } from './conditions.ts';
import { s3Error } from './errors.ts';
import { writeHashed } from './receive.ts';
import type { Bucket } from './store.ts';
import { type PartRecord, type UploadRecord, uploadFolder } from './upload-folder.ts';

/** All parts but the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/** The parts that a caller lists, held against those that are there. @throws AwsError */
export function selectParts(
  { MultipartUpload }: CompleteMultipartUploadRequest,
  upload: UploadRecord,
  stored: readonly PartRecord[],
): PartRecord[] {
  const listed = MultipartUpload?.Parts ?? [];
  if (listed.length === 0) throw s3Error('InvalidRequest', {}, 'You must specify at least one part');
  const numbers = listed.map(({ PartNumber = 0 }) => PartNumber);
  if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
    throw s3Error('InvalidPartOrder');
  }
  const parts = listed.map((one) => {
    const part = stored.find(({ number }) => number === one.PartNumber);
    if (!part || !sameTag(one.ETag ?? '', part.etag)) {
      throw s3Error('InvalidPart', { PartNumber: String(one.PartNumber), ETag: one.ETag ?? '' });
    }
    checkPartChecksum(one, part, upload);
    return part;
  });
  for (const { number, sizeBytes } of parts.slice(0, -1)) {
    if (sizeBytes < MIN_PART_BYTES) {
      throw s3Error('EntityTooSmall', {
        ...{ ProposedSize: String(sizeBytes), MinSizeAllowed: String(MIN_PART_BYTES), PartNumber: String(number) },
      });
    }
  }
  return parts;
}

function checkPartChecksum(listed: CompletedPart, part: PartRecord, { algorithm, checksumType }: UploadRecord): void {
  for (const [name, value] of Object.entries(part.checksums)) {
    const claimed = new Map<string, unknown>(Object.entries(listed)).get(`Checksum${name}`);
    if (claimed !== undefined && claimed !== value) throw s3Error('InvalidPart', { PartNumber: String(part.number) });
    if (claimed === undefined && name === algorithm && checksumType === 'COMPOSITE') {
      throw s3Error(
        'InvalidRequest',
        {},
        `The upload was created using a ${name.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
      );
    }
  }
}

export interface Joined {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly checksums: Checksums;
  readonly partBytes: readonly number[];
}

/** Writes the parts one after the other into one file. @throws AwsError BadDigest, InvalidRequest */
export async function joinParts(
  bucket: Bucket,
  upload: UploadRecord,
  parts: readonly PartRecord[],
  target: string,
  claims: CompleteMultipartUploadRequest,
): Promise<Joined> {
  const algorithm = upload.algorithm ?? 'CRC64NVME';
  const whole = upload.checksumType === 'FULL_OBJECT';
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const { file } of parts) yield* createReadStream(uploadFolder.partPath(bucket, upload.uploadId, file));
  }
  const written = await writeHashed(bytes(), target, whole ? [algorithm] : []);
  const checksums = whole ? written.checksums : { [algorithm]: await composite(algorithm, parts) };
  const claimed = new Map<string, unknown>(Object.entries(claims)).get(`Checksum${algorithm}`);
  const wrongSum = claimed !== undefined && claimed !== checksums[algorithm];
  const wrongSize = claims.MpuObjectSize !== undefined && claims.MpuObjectSize !== written.sizeBytes;
  if (wrongSum || wrongSize) {
    await rm(target, { force: true });
    throw wrongSum ? s3Error('BadDigest') : s3Error('InvalidRequest', {}, 'The MpuObjectSize does not match.');
  }
  const tags = Buffer.from(parts.map(({ md5Hex }) => md5Hex).join(''), 'hex');
  const etag = `"${createHash('md5').update(tags).digest('hex')}-${parts.length}"`;
  return { sizeBytes: written.sizeBytes, etag, checksums, partBytes: parts.map(({ sizeBytes }) => sizeBytes) };
}

/** The checksum of the parts' checksums. */
async function composite(algorithm: Algorithm, parts: readonly PartRecord[]): Promise<string> {
  const hash = startHash(algorithm);
  for (const { checksums } of parts) hash.update(Buffer.from(checksums[algorithm] ?? '', 'base64'));
  return `${(await hash.digest()).toString('base64')}-${parts.length}`;
}
