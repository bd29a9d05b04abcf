import { type AuthError, AwsError } from '../aws-error.ts';
import type { AwsResponse } from '../request.ts';
import type { Protocol } from './protocol.ts';

/** Text, or members by name; a list is `member` after `member`. */
export type QueryValue = string | readonly QueryValue[] | { readonly [name: string]: QueryValue };

/** `awsQuery`, as far as answers and errors go: requests are forms, which the few services that speak it read themselves. */
export const queryProtocol: Protocol = {
  streams: false,
  route: () => undefined,
  decode: () => Promise.reject(new Error('Each service reads its own forms')),
  encode: () => {
    throw new Error('Each service writes its own answers');
  },
  encodeError(error, { requestId }) {
    const type = error.status < 500 ? 'Sender' : 'Receiver';
    const members = xmlOf({ Type: type, Code: error.code, Message: error.message });
    const body = `<ErrorResponse><Error>${members}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status: error.status, headers: { 'content-type': 'text/xml' }, body };
  },
  authError: ({ problem, message }: AuthError) =>
    problem === 'token-expired'
      ? new AwsError('ExpiredToken', 403, message)
      : new AwsError(problem === 'key-unknown' ? 'InvalidClientTokenId' : 'SignatureDoesNotMatch', 403, message),
  throttled: () => new AwsError('Throttling', 400, 'Rate exceeded'),
  missing: (names) => new AwsError('ValidationError', 400, `Missing required members: ${names.join(', ')}`),
};

/** The answer of an operation. */
export function queryReply(operation: string, requestId: string, result: QueryValue): AwsResponse {
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const inner = `<${operation}Result>${xmlOf(result)}</${operation}Result>${metadata}`;
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<${operation}Response>${inner}</${operation}Response>`,
  };
}

function xmlOf(value: QueryValue): string {
  if (typeof value === 'string') return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  if (isList(value)) return value.map((item) => `<member>${xmlOf(item)}</member>`).join('');
  return Object.entries(value)
    .map(([name, inner]) => `<${name}>${xmlOf(inner)}</${name}>`)
    .join('');
}

function isList(value: QueryValue): value is readonly QueryValue[] {
  return Array.isArray(value);
}
