import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** A token that can be guessed is none. */
export const MIN_TOKEN_LENGTH = 16;
export const SESSION_COOKIE = 'verge-session';

/** Sent with every answer: the page may load and call what this server gives, and nothing else may hold or read it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/**
 * Whether the Host header names this server. A page of somebody else's whose name was made to point here (DNS rebinding)
 * sends its own name: so only addresses, localhost and the names that the operator gave are let in.
 */
export function isOurHost(header: string | undefined, names: readonly string[]): boolean {
  if (header === undefined) return false;
  const host = header.replace(/:\d{1,5}$/, '').toLowerCase();
  if (host === 'localhost' || names.includes(host)) return true;
  return isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** What the cookie holds instead of the token. It outlives this process and ends with the token. */
export function sessionOf(token: string): string {
  return createHmac('sha256', token).update('verge dashboard session').digest('base64url');
}

/** Whether a request comes with the token: as a bearer, or by the cookie that signing in gave. */
export function isAdmitted(headers: IncomingHttpHeaders, token: string | undefined): boolean {
  if (token === undefined) return true;
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isSame(bearer, token);
  const cookie = new RegExp(`(?:^|; )${SESSION_COOKIE}=([^;]*)`).exec(headers.cookie ?? '')?.[1];
  return cookie !== undefined && isSame(cookie, sessionOf(token));
}

/** In a time that doesn't tell how much of it was right. */
export function isSame(given: string, expected: string): boolean {
  const digest = (words: string): Buffer => createHmac('sha256', 'compare').update(words).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
