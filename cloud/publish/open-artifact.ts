import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact } from './publication.ts';

/** S3 takes parts of 5 MiB and more, and 10,000 of them: 8 MiB hold 80 GB. Lost when a connection drops: one part. */
export const PART_BYTES = 8 * 1024 * 1024;

/** Reads a zip once, part by part, for the digests that S3 and the key need. */
export async function openArtifact(file: string, partBytes = PART_BYTES): Promise<Artifact> {
  const whole = createHash('sha256');
  const partDigests: string[] = [];
  const handle = await open(file, 'r');
  try {
    const { size: sizeBytes } = await handle.stat();
    for (let start = 0; start === 0 || start < sizeBytes; start += partBytes) {
      const part = await readAt(handle, start, Math.min(partBytes, sizeBytes - start));
      whole.update(part);
      partDigests.push(createHash('sha256').update(part).digest('base64'));
    }
    const fileName = path.basename(file);
    return { path: file, fileName, sizeBytes, sha256: whole.digest('hex'), partDigests, partBytes };
  } finally {
    await handle.close();
  }
}

/** Bytes of a part. @param number from 1 */
export async function readPart({ path: file, partBytes, sizeBytes }: Artifact, number: number): Promise<Buffer> {
  const start = (number - 1) * partBytes;
  const handle = await open(file, 'r');
  try {
    return await readAt(handle, start, Math.min(partBytes, sizeBytes - start));
  } finally {
    await handle.close();
  }
}

/** What S3 computes of the whole object, as it writes it down: of parts, the digest of their digests and how many. */
export function storedChecksum({ partDigests }: Artifact): string {
  const [only = ''] = partDigests;
  if (partDigests.length === 1) return only;
  const digests = Buffer.concat(partDigests.map((digest) => Buffer.from(digest, 'base64')));
  return `${createHash('sha256').update(digests).digest('base64')}-${partDigests.length}`;
}

async function readAt(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const block = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(block, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new Error('the file was cut short while it was read');
    filled += bytesRead;
  }
  return block;
}
