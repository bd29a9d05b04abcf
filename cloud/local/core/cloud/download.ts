import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { coreErrors } from '../errors.ts';
import type { Artifact } from '../recipe/recipe.ts';
import { again, CloudError } from './again.ts';
import type { TemporaryCredentials } from './plane-client.ts';

export interface S3Place {
  readonly region: string;
  /** Buckets are its first path segment. */
  readonly s3Url: string;
}

/** Larger ones are nothing that a device has room for. */
const MAX_BYTES = 4 * 1024 ** 3;
const SILENCE_MS = 30_000;

/**
 * Fetches an artifact from S3, signed with the device's temporary keys, and holds it against the digest of its recipe
 * (facts D3, D4).
 * @throws VergeError CORE_ARTIFACT_DOWNLOAD, CORE_ARTIFACT_DIGEST
 */
export async function downloadArtifact(
  { uri, digest }: Artifact,
  file: string,
  { region, s3Url }: S3Place,
  credentials: TemporaryCredentials,
): Promise<void> {
  const [, bucket, key] = uri.match(/^s3:\/\/([^/]+)\/(.+)$/) ?? [];
  if (bucket === undefined || key === undefined) {
    throw coreErrors.make('CORE_ARTIFACT_DOWNLOAD', `the artifact ${uri} is no object in S3`);
  }
  const url = new URL(`${s3Url}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`);
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Hash.bind(null, 'sha256'),
    uriEscapePath: false,
  });
  let found: string;
  try {
    found = await again(async () => {
      const { headers } = await signer.sign({
        method: 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        headers: { host: url.host },
        query: {},
      });
      return await fetchTo(url, headers, file);
    });
  } catch (error) {
    await rm(file, { force: true });
    const why = error instanceof CloudError ? `${error.code}: ${error.message}` : String(error);
    throw coreErrors.make('CORE_ARTIFACT_DOWNLOAD', `the artifact ${uri} cannot be fetched (${why})`, error);
  }
  if (digest === undefined || found === digest) return;
  await rm(file, { force: true });
  throw coreErrors.make('CORE_ARTIFACT_DIGEST', `the artifact ${uri} has the digest ${found}, not ${digest}`);
}

/** @returns the base64 SHA-256 of what was written */
async function fetchTo(url: URL, headers: Record<string, string>, file: string): Promise<string> {
  const response = await open(url, headers);
  if (response.statusCode !== 200) {
    const [first = Buffer.alloc(0)] = await response.take(1).toArray();
    const code = /<Code>([^<]+)<\/Code>/.exec(String(first))?.[1] ?? 'UnknownError';
    throw new CloudError(response.statusCode ?? 0, code, `status ${response.statusCode}`);
  }
  const hash = createHash('sha256');
  let size = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > MAX_BYTES) throw new CloudError(413, 'TooLarge', `more than ${MAX_BYTES} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    await pipeline(response, counted, createWriteStream(file));
  } catch (error) {
    if (error instanceof CloudError) throw error;
    throw new CloudError(0, 'ConnectionError', error instanceof Error ? error.message : String(error), error);
  }
  return hash.digest('base64');
}

function open(url: URL, headers: Record<string, string>): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getSecure : getPlain;
  return new Promise((resolve, reject) => {
    const asked = get(url, { headers, timeout: SILENCE_MS }, resolve);
    asked.on('timeout', () => asked.destroy(new Error(`silent for ${SILENCE_MS} ms`)));
    asked.on('error', (error) => reject(new CloudError(0, 'ConnectionError', error.message, error)));
  });
}
