import { createHash } from 'node:crypto';
import { AuthError } from '../aws-error.ts';
import { createByteReader } from './byte-reader.ts';
import { hmac, scopeText, sha256Hex } from './canonical.ts';
import { sameText, type Verified } from './verify.ts';

const EMPTY_HASH = sha256Hex('');

/** No SDK sends larger frames; a signed one is believed only when it has been read whole. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

/**
 * The body as the caller meant it, checked while it is read against the payload hash that was signed: a SHA-256, nothing
 * (`UNSIGNED-PAYLOAD`), or frames of `aws-chunked`, each signed or not, with trailers behind them or not.
 */
export function readSignedBody(
  body: AsyncIterable<Uint8Array>,
  payloadHash: string,
  verified: Verified,
  trailers: Map<string, string>,
): AsyncIterable<Uint8Array> {
  if (payloadHash === 'UNSIGNED-PAYLOAD') return body;
  if (/^[0-9a-f]{64}$/.test(payloadHash)) return hashed(body, payloadHash);
  const signed = payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  if (!signed && payloadHash !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    throw new AuthError('malformed', `x-amz-content-sha256 has no meaning: ${payloadHash.slice(0, 80)}`);
  }
  return unframed(body, signed ? verified : undefined, trailers);
}

async function* hashed(body: AsyncIterable<Uint8Array>, expected: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== expected) {
    throw new AuthError('payload-wrong', 'The provided x-amz-content-sha256 header does not match what was computed.');
  }
}

/** `SIZE[;chunk-signature=…]␍␊ data ␍␊ … 0[;…]␍␊ name:value␍␊ … ␍␊` */
async function* unframed(
  body: AsyncIterable<Uint8Array>,
  verified: Verified | undefined,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const reader = createByteReader(body);
  let before = verified?.signature ?? '';
  for (;;) {
    const { size, signature } = readFrame(await reader.line());
    const hash = createHash('sha256');
    let read = 0;
    for await (const piece of reader.bytes(size)) {
      hash.update(piece);
      read += piece.length;
      yield piece;
    }
    if (read < size) throw brokenFrame('a frame ends before its size');
    if (verified) {
      const text = ['AWS4-HMAC-SHA256-PAYLOAD', verified.date, scopeText(verified.scope), before, EMPTY_HASH];
      before = hmac(verified.key, [...text, hash.digest('hex')].join('\n')).toString('hex');
      if (!sameText(before, signature ?? '')) throw wrongSignature();
    }
    if (size === 0) break;
    if ((await reader.line()) !== '') throw brokenFrame('no line break stands behind a frame');
  }
  for (let line = await reader.line(); line; line = await reader.line()) {
    const colon = line.indexOf(':');
    if (colon < 1) throw brokenFrame('a trailer has no colon');
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  if (verified) checkTrailers(verified, before, trailers);
  // What stands behind the trailers would stop the connection from being used again.
  for (let rest = await reader.line(); rest !== undefined; rest = await reader.line());
}

function readFrame(line: string | undefined): { size: number; signature: string | undefined } {
  const [, hex = '', signature] = line?.match(/^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/) ?? [];
  const size = Number.parseInt(hex, 16);
  if (!(size <= MAX_CHUNK_BYTES)) throw brokenFrame(`a frame begins with ${JSON.stringify(line?.slice(0, 40) ?? '')}`);
  return { size, signature };
}

function checkTrailers(verified: Verified, before: string, trailers: Map<string, string>): void {
  const claimed = trailers.get('x-amz-trailer-signature');
  if (claimed === undefined) {
    if (trailers.size > 0) throw wrongSignature();
    return;
  }
  trailers.delete('x-amz-trailer-signature');
  const lines = [...trailers].map(([name, value]) => `${name}:${value}\n`).join('');
  const text = ['AWS4-HMAC-SHA256-TRAILER', verified.date, scopeText(verified.scope), before, sha256Hex(lines)];
  if (!sameText(hmac(verified.key, text.join('\n')).toString('hex'), claimed)) throw wrongSignature();
}

function wrongSignature(): AuthError {
  return new AuthError('signature-wrong', 'The signature of a frame of the body does not match.');
}

function brokenFrame(why: string): AuthError {
  return new AuthError('chunks-malformed', `The aws-chunked body is broken: ${why}`);
}
