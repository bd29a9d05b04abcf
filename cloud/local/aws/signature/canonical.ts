import { createHash, createHmac } from 'node:crypto';
import { decodePart, queryPairs, type RequestHead } from '../request.ts';

/** Where and when a key is good: `20261124/eu-west-1/s3/aws4_request`. */
export interface Scope {
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

export function scopeText({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/aws4_request`;
}

export function sha256Hex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

export function hmac(key: Uint8Array | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

export function signingKey(secretAccessKey: string, { day, region, service }: Scope): Buffer {
  return [day, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
}

/** The request as both sides write it down before it is signed. S3 encodes a path once, all others twice. */
export function canonicalRequest(
  head: RequestHead,
  scope: Scope,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const segments = head.path.split('/');
  const path =
    scope.service === 's3'
      ? segments.map((segment) => awsEncode(decodePart(segment)))
      : segments.map((segment) => awsEncode(awsEncode(decodePart(segment))));
  const query = queryPairs(head.query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]): [string, string] => [awsEncode(name), awsEncode(value)])
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`);
  const headers = signedHeaders.map((name) => `${name}:${(head.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`);
  return [head.method, path.join('/'), query.join('&'), headers.join(''), signedHeaders.join(';'), payloadHash].join(
    '\n',
  );
}

export function stringToSign(date: string, scope: Scope, request: string): string {
  return ['AWS4-HMAC-SHA256', date, scopeText(scope), sha256Hex(request)].join('\n');
}

/** RFC 3986 with nothing left out but its unreserved characters. */
export function awsEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
