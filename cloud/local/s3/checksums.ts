import { createHash } from 'node:crypto';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import type { ChecksumAlgorithm } from '@aws-sdk/client-s3';
import type { AwsRequest } from '../aws/request.ts';
import { s3Error } from './errors.ts';

/** The algorithms that this stand-in computes. */
export type Algorithm = Extract<ChecksumAlgorithm, 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256'>;

/** Base64 by algorithm; a composite one has `-N` behind it. */
export type Checksums = Readonly<Partial<Record<Algorithm, string>>>;

export interface RunningHash {
  update(bytes: Uint8Array): void;
  digest(): Promise<Buffer>;
}

const MAKERS: Readonly<Record<Algorithm, () => RunningHash>> = {
  CRC32: () => bySdk(new Crc32()),
  CRC32C: () => bySdk(new Crc32c()),
  CRC64NVME: () => bySdk(new Crc64Nvme()),
  SHA1: () => byNode('sha1'),
  SHA256: () => byNode('sha256'),
};

export function startHash(algorithm: Algorithm): RunningHash {
  return MAKERS[algorithm]();
}

export function byNode(name: string): RunningHash {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest() };
}

function bySdk(sum: { update(bytes: Uint8Array): void; digest(): Promise<Uint8Array> }): RunningHash {
  return { update: (bytes) => sum.update(bytes), digest: async () => Buffer.from(await sum.digest()) };
}

function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(MAKERS, name);
}

/** The algorithm that a caller names. @throws AwsError where it is one that is not computed here */
export function readAlgorithm(name: string | undefined): Algorithm | undefined {
  if (name === undefined) return undefined;
  if (!isAlgorithm(name)) throw s3Error('NotImplemented', {}, `The stand-in computes no ${name} checksums.`);
  return name;
}

/** Algorithms whose checksum a request carries, before or behind the body. */
export function announcedAlgorithms(request: AwsRequest): Algorithm[] {
  const names = [...Object.keys(request.headers), ...(request.headers['x-amz-trailer'] ?? '').split(',')]
    .map((name) =>
      name
        .trim()
        .match(/^x-amz-checksum-(.+)$/)?.[1]
        ?.toUpperCase(),
    )
    .filter((name) => name !== undefined);
  return [...new Set(names)]
    .filter((name) => name !== 'ALGORITHM' && name !== 'TYPE' && name !== 'MODE')
    .map((name) => {
      const algorithm = readAlgorithm(name);
      if (!algorithm) throw s3Error('InvalidRequest');
      return algorithm;
    });
}

/** What the request says that the checksum is; trailers are known when the body has been read. */
export function claimedChecksum(request: AwsRequest, algorithm: Algorithm): string | undefined {
  const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
  return request.headers[name] ?? request.trailers.get(name);
}

/** As members of the client's inputs and outputs. */
export function asMembers(checksums: Checksums): Record<string, string> {
  return Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`Checksum${name}`, value]));
}
