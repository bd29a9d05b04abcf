import { timingSafeEqual } from 'node:crypto';
import { AuthError } from '../aws-error.ts';
import type { Keyring } from '../keyring.ts';
import type { RequestHead } from '../request.ts';
import { canonicalRequest, hmac, type Scope, signingKey, stringToSign } from './canonical.ts';
import { type ClaimedSignature, readSignature } from './read-signature.ts';

/** How far clocks may differ, as AWS has it. */
const MAX_SKEW_MS = 15 * 60_000;

/** A signature that holds; what the frames of a signed body are checked with. */
export interface Verified {
  readonly key: Buffer;
  readonly scope: Scope;
  readonly date: string;
  readonly signature: string;
}

export interface VerifyContext {
  readonly keyring: Keyring;
  readonly region: string;
  readonly now: Date;
}

/**
 * Signature Version 4, of the header or of a presigned address. The payload's hash is part of what is signed: whether
 * the body has that hash is for whoever reads the body.
 * @throws AuthError
 */
export function verifySignature(head: RequestHead, payloadHash: string, context: VerifyContext): Verified {
  const claimed = readSignature(head);
  const secret = secretOf(claimed, context);
  checkTime(claimed, context.now);
  if (claimed.scope.region !== context.region) {
    throw new AuthError('region-wrong', `the region '${claimed.scope.region}' is wrong; expecting '${context.region}'`);
  }
  const key = signingKey(secret, claimed.scope);
  const text = canonicalRequest(head, claimed.scope, claimed.signedHeaders, payloadHash);
  const signature = hmac(key, stringToSign(claimed.date, claimed.scope, text)).toString('hex');
  if (!sameText(signature, claimed.signature)) {
    throw new AuthError(
      'signature-wrong',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
  return { key, scope: claimed.scope, date: claimed.date, signature };
}

function secretOf({ accessKeyId, sessionToken }: ClaimedSignature, { keyring, now }: VerifyContext): string {
  const known = keyring.find(accessKeyId);
  if (!known) throw new AuthError('key-unknown', 'The AWS access key Id you provided does not exist in our records.');
  if (known.sessionToken !== sessionToken) {
    throw new AuthError('token-invalid', 'The provided token is malformed or otherwise invalid.');
  }
  if (known.expiresAt && known.expiresAt <= now) {
    throw new AuthError('token-expired', 'The provided token has expired.');
  }
  return known.secretAccessKey;
}

function checkTime({ date, scope, expiresSeconds }: ClaimedSignature, now: Date): void {
  const [, year, month, day, hour, minute, second] = date.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!Number.isFinite(time) || !date.startsWith(scope.day)) {
    throw new AuthError('malformed', `The authorization is malformed: ${date} is no date of the credential's day`);
  }
  const ageMs = now.getTime() - time;
  if (expiresSeconds !== undefined && ageMs > expiresSeconds * 1000) {
    throw new AuthError('presigned-expired', 'Request has expired');
  }
  if (ageMs < -MAX_SKEW_MS || (expiresSeconds === undefined && ageMs > MAX_SKEW_MS)) {
    throw new AuthError('clock-skewed', 'The difference between the request time and the current time is too large.');
  }
}

export function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
