import { AuthError } from '../aws-error.ts';
import type { RequestHead } from '../request.ts';
import type { Scope } from './canonical.ts';

/** What a request says of its own signature. */
export interface ClaimedSignature {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20261124T120000Z`. */
  readonly date: string;
  readonly sessionToken: string | undefined;
  /** Seconds that a presigned address is good for. */
  readonly expiresSeconds: number | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Reads the Authorization header, or the query of a presigned address. @throws AuthError missing, malformed */
export function readSignature(head: RequestHead): ClaimedSignature {
  const header = head.headers.authorization;
  if (header !== undefined) return readHeader(head, header);
  if (head.parameters.get('X-Amz-Algorithm') === ALGORITHM) return readQuery(head);
  throw new AuthError('missing', 'The request is not signed');
}

/** The service that a request is meant for, by the scope of its signature. */
export function serviceOf(head: RequestHead): string | undefined {
  const credential =
    head.headers.authorization?.match(/Credential=([^,\s]+)/)?.[1] ?? head.parameters.get('X-Amz-Credential');
  return credential?.split('/').at(-2);
}

function readHeader(head: RequestHead, header: string): ClaimedSignature {
  const [algorithm, ...rest] = header.trim().split(/\s+/);
  if (algorithm !== ALGORITHM) throw malformed(`the algorithm is not ${ALGORITHM}`);
  const fields = new Map(
    rest
      .join('')
      .split(',')
      .map((field): [string, string] => {
        const equals = field.indexOf('=');
        return [field.slice(0, equals), field.slice(equals + 1)];
      }),
  );
  return {
    ...readCredential(fields.get('Credential')),
    signedHeaders: readNames(fields.get('SignedHeaders')),
    signature: present(fields.get('Signature'), 'Signature'),
    date: present(head.headers['x-amz-date'], 'x-amz-date'),
    sessionToken: head.headers['x-amz-security-token'],
    expiresSeconds: undefined,
  };
}

function readQuery({ parameters }: RequestHead): ClaimedSignature {
  const expiresSeconds = Number(present(parameters.get('X-Amz-Expires'), 'X-Amz-Expires'));
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > 604_800) {
    throw malformed('X-Amz-Expires is not between 1 and 604800');
  }
  return {
    ...readCredential(parameters.get('X-Amz-Credential')),
    signedHeaders: readNames(parameters.get('X-Amz-SignedHeaders')),
    signature: present(parameters.get('X-Amz-Signature'), 'X-Amz-Signature'),
    date: present(parameters.get('X-Amz-Date'), 'X-Amz-Date'),
    sessionToken: parameters.get('X-Amz-Security-Token'),
    expiresSeconds,
  };
}

function readCredential(credential: string | undefined): Pick<ClaimedSignature, 'accessKeyId' | 'scope'> {
  const [accessKeyId, day, region, service, end, ...more] = present(credential, 'Credential').split('/');
  if (!accessKeyId || !day || !region || !service || end !== 'aws4_request' || more.length > 0) {
    throw malformed('the credential is not KEY/DAY/REGION/SERVICE/aws4_request');
  }
  return { accessKeyId, scope: { day, region, service } };
}

function readNames(names: string | undefined): readonly string[] {
  const list = present(names, 'SignedHeaders').split(';');
  if (!list.includes('host')) throw malformed('the host header is not signed');
  return list;
}

function present(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw malformed(`${name} is missing`);
  return value;
}

function malformed(why: string): AuthError {
  return new AuthError('malformed', `The authorization is malformed: ${why}`);
}
