import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import type { Origin } from '../../../component/contract/manifest.ts';
import {
  CHECKSUM_ALGORITHMS,
  type ChecksumAlgorithm,
  type S3Place,
  type StoredObject,
  uriOf,
} from '../../aws/objects.ts';
import { originErrors } from '../errors.ts';

type HashName = ChecksumAlgorithm | 'MD5';

interface Running {
  update(bytes: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}

/** What the bytes can be held against, and how. */
interface Check {
  readonly by: Origin['verifiedBy'];
  readonly hash: HashName;
  readonly expected: string;
  readonly encoding: 'base64' | 'hex';
  /** Undefined: one hash over all. Else a hash over the hashes of parts of this size. */
  readonly partBytes: number | undefined;
}

/**
 * Holds a fetched file against the best that S3 knows of the object: a checksum of the whole or of its parts, else the
 * entity tag, else (KMS without checksums, parts of several sizes) its size alone.
 * @throws VergeError ORIGIN_DAMAGED
 */
export async function verifyDownload(
  path: string,
  place: S3Place,
  object: StoredObject,
  signal: AbortSignal,
): Promise<Origin['verifiedBy']> {
  const check = chooseCheck(object);
  if (!check) return 'size';
  const found = await digestFile(path, check, signal);
  if (found !== check.expected) {
    const what = `${uriOf(place)} was fetched with the ${check.by} ${found}, where S3 says ${check.expected}`;
    throw originErrors.make('ORIGIN_DAMAGED', what);
  }
  return check.by;
}

function chooseCheck({ checksums, composite, parts, etag, etagIsMd5, sizeBytes }: StoredObject): Check | undefined {
  // Parts of one size: else nobody says where they end.
  const even = parts && Math.ceil(sizeBytes / parts.sizeBytes) === parts.count ? parts.sizeBytes : undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((one) => checksums[one] !== undefined);
  const sum = algorithm && checksums[algorithm];
  if (algorithm && sum !== undefined && (!composite || even !== undefined)) {
    const [expected = ''] = sum.split(/-\d+$/);
    return { by: algorithm, hash: algorithm, expected, encoding: 'base64', partBytes: composite ? even : undefined };
  }
  const [, hex, count] = etag.match(/^"?([0-9a-f]{32})(-\d+)?"?$/) ?? [];
  if (!etagIsMd5 || hex === undefined || (count !== undefined && even === undefined)) return undefined;
  return {
    by: 'ETag',
    hash: 'MD5',
    expected: hex,
    encoding: 'hex',
    partBytes: count === undefined ? undefined : even,
  };
}

async function digestFile(path: string, check: Check, signal: AbortSignal): Promise<string> {
  const { hash, partBytes = Number.POSITIVE_INFINITY, encoding } = check;
  let part = startHash(hash);
  let left = partBytes;
  const digests: Uint8Array[] = [];
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1024 * 1024 })) {
    // A read stream without an encoding yields buffers.
    for (let rest = chunk as Buffer; rest.length > 0; ) {
      if (left === 0) {
        digests.push(await part.digest());
        part = startHash(hash);
        left = partBytes;
      }
      const piece = rest.subarray(0, left);
      part.update(piece);
      left -= piece.length;
      rest = rest.subarray(piece.length);
    }
  }
  const last = await part.digest();
  if (check.partBytes === undefined) return Buffer.from(last).toString(encoding);
  const whole = startHash(hash);
  for (const digest of [...digests, last]) whole.update(digest);
  return Buffer.from(await whole.digest()).toString(encoding);
}

function startHash(name: HashName): Running {
  if (name === 'CRC32') return new Crc32();
  if (name === 'CRC32C') return new Crc32c();
  if (name === 'CRC64NVME') return new Crc64Nvme();
  const hash = createHash(name.toLowerCase());
  return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest() };
}
