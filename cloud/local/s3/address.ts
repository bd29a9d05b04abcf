import type { Address } from '../aws/protocol/rest-xml.ts';
import { decodePart, type RequestHead } from '../aws/request.ts';

/** `bucket.s3.eu-west-1.amazonaws.com`, and what SDKs make of an endpoint that is a name: `bucket.localhost`. */
const VIRTUAL_HOST = /^(.+?)\.(?:s3[.-].*|localhost)$/;

/** The bucket in the host (virtual-hosted style) or else in the path. */
export function addressOf(head: RequestHead): Address {
  const host = (head.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const bucket = host.match(VIRTUAL_HOST)?.[1];
  if (bucket !== undefined) return { bucket, path: head.path };
  const [, first = '', ...rest] = head.path.split('/');
  return first === '' ? { bucket: undefined, path: '/' } : { bucket: decodePart(first), path: `/${rest.join('/')}` };
}
