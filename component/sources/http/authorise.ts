import { createHash, timingSafeEqual } from 'node:crypto';

/** A token stands in a SigV4 credential, where `/` and `,` end it. */
export const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/**
 * Whether a request shows the token: as `Authorization: Bearer`, or as the access key id of an AWS signature, since that
 * is what callers of an AWS SDK can set. The signature itself is not verified: docs/decisions says why.
 */
export function isAuthorised(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const shown =
    /^Bearer +(\S+)$/i.exec(authorization ?? '') ??
    /^AWS4-[A-Z0-9-]+ +Credential=([^/,\s]+)\//.exec(authorization ?? '');
  return shown?.[1] !== undefined && timingSafeEqual(digest(shown[1]), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
