import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { AwsRequest } from '../aws/request.ts';
import {
  type Algorithm,
  announcedAlgorithms,
  byNode,
  type Checksums,
  claimedChecksum,
  type RunningHash,
  startHash,
} from './checksums.ts';
import { s3Error } from './errors.ts';

/** Bytes that stand in a file now, and what they were found to be. */
export interface Received {
  readonly sizeBytes: number;
  readonly md5: Buffer;
  readonly checksums: Checksums;
}

/**
 * Writes a request's body to a file while it is hashed, and holds it against all that the request claims of it: checksums
 * in headers and trailers, Content-MD5, its length. Nothing is left of a body that isn't what it claims.
 * @param algorithms computed whatever the request carries
 */
export async function receive(request: AwsRequest, path: string, algorithms: readonly Algorithm[]): Promise<Received> {
  const announced = announcedAlgorithms(request);
  try {
    const received = await writeHashed(request.body, path, [...new Set([...algorithms, ...announced])]);
    checkClaims(request, received, announced);
    return received;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Writes chunks to a file with their MD5 and the checksums asked for. */
export async function writeHashed(
  body: AsyncIterable<Uint8Array>,
  path: string,
  algorithms: readonly Algorithm[],
): Promise<Received> {
  const md5 = byNode('md5');
  const running = algorithms.map((algorithm): [Algorithm, RunningHash] => [algorithm, startHash(algorithm)]);
  let sizeBytes = 0;
  async function* tap(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      md5.update(chunk);
      for (const [, hash] of running) hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(body, tap, createWriteStream(path));
  const checksums: Partial<Record<Algorithm, string>> = {};
  for (const [algorithm, hash] of running) checksums[algorithm] = (await hash.digest()).toString('base64');
  return { sizeBytes, md5: await md5.digest(), checksums };
}

function checkClaims(request: AwsRequest, received: Received, announced: readonly Algorithm[]): void {
  const length = request.headers['x-amz-decoded-content-length'] ?? request.headers['content-length'];
  if (length === undefined) throw s3Error('MissingContentLength');
  if (Number(length) !== received.sizeBytes) throw s3Error('IncompleteBody');
  const md5 = request.headers['content-md5'];
  if (md5 !== undefined) {
    if (Buffer.from(md5, 'base64').length !== 16) throw s3Error('InvalidDigest');
    if (md5 !== received.md5.toString('base64')) throw s3Error('BadDigest');
  }
  for (const algorithm of announced) {
    const claimed = claimedChecksum(request, algorithm);
    if (claimed !== received.checksums[algorithm]) {
      throw s3Error('BadDigest', {}, `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}
