import { XmlCodec } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { type AuthError, type AuthProblem, AwsError } from '../aws-error.ts';
import { type AwsRequest, type AwsResponse, collect, type RequestHead } from '../request.ts';
import { bodyMembers, only, payloadMember, readBindings, writeHeaders } from './bindings.ts';
import { matchPath, statusOf } from './match-path.ts';
import { inputOf, outputOf } from './operations.ts';
import type { Protocol, Route } from './protocol.ts';

/** The largest XML that S3 takes: 10,000 parts with their checksums. */
const MAX_XML_BYTES = 2 * 1024 * 1024;

const settings = {
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: true,
  xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  serviceNamespace: 'com.amazonaws.s3',
} as const;

/** Where a bucket stands in a request, and what is left of the path. */
export interface Address {
  readonly bucket: string | undefined;
  readonly path: string;
}

/** `restXml` as S3 speaks it. @param addressOf the bucket isn't in the client's schemas: it may be a host or a path */
export function restXml(addressOf: (head: RequestHead) => Address): Protocol {
  return {
    streams: true,
    route(head, operations) {
      const { bucket, path } = addressOf(head);
      const route = matchPath(head, path, operations, (schema) => hasBucket(schema) === (bucket !== undefined));
      return route && bucket !== undefined ? { ...route, labels: { ...route.labels, Bucket: bucket } } : route;
    },
    async decode({ schema, labels }, request) {
      const input = readBindings(inputOf(schema), request, labels, settings);
      const payload = payloadMember(inputOf(schema));
      if (!payload || payload[1].isStreaming()) return input;
      const body = await readXml(request);
      if (body.length === 0) return input;
      try {
        const value: unknown = new XmlCodec(settings).createDeserializer().read(payload[1], body);
        return { ...input, [payload[0]]: value };
      } catch {
        throw new AwsError('MalformedXML', 400, 'The XML you provided was not well-formed.');
      }
    },
    encode: ({ schema }, output, requestId) => encode(schema, output, requestId),
    encodeError,
    authError,
    throttled: () => new AwsError('SlowDown', 503, 'Please reduce your request rate.'),
    missing: (names) => new AwsError('InvalidRequest', 400, `Missing required members: ${names.join(', ')}`),
  };
}

function hasBucket(schema: Route['schema']): boolean {
  return [...inputOf(schema).structIterator()].some(([name]) => name === 'Bucket');
}

async function readXml(request: AwsRequest): Promise<Buffer> {
  try {
    return await collect(request.body, MAX_XML_BYTES);
  } catch (error) {
    if (error instanceof RangeError) throw new AwsError('EntityTooLarge', 400, error.message);
    throw error;
  }
}

function encode(schema: Route['schema'], output: Readonly<Record<string, unknown>>, requestId: string): AwsResponse {
  const shape = outputOf(schema);
  const headers = { ...requestHeaders(requestId), ...writeHeaders(shape, output, settings) };
  const status = typeof output.$status === 'number' ? output.$status : statusOf(schema);
  const payload = payloadMember(shape);
  if (payload) {
    const body = output[payload[0]];
    // A streaming payload is handed through as the handler gave it.
    return body === undefined
      ? { status, headers }
      : { status, headers, body: body as NonNullable<AwsResponse['body']> };
  }
  const names = bodyMembers(shape);
  if (names.length === 0) return { status, headers };
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(shape, only(output, names))}`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

function writeXml(shape: NormalizedSchema, output: Readonly<Record<string, unknown>>): string {
  const root = shape.getMergedTraits().xmlName;
  const alone = root === undefined ? undefined : output[root];
  // S3 answers GetBucketLocation with one element that holds text, and its schema has it twice.
  if (typeof alone === 'string') return `<${root} xmlns="${settings.xmlNamespace}">${escapeXml(alone)}</${root}>`;
  const serializer = new XmlCodec(settings).createSerializer();
  serializer.write(shape, output);
  return String(serializer.flush());
}

function encodeError(error: AwsError, head: RequestHead): AwsResponse {
  const headers = requestHeaders(head.requestId);
  if (head.method === 'HEAD' || error.status === 304) return { status: error.status, headers };
  const ids = { RequestId: headers['x-amz-request-id'], HostId: headers['x-amz-id-2'] };
  const members = { Code: error.code, Message: error.message, ...error.detail, ...ids };
  const xml = Object.entries(members).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${xml.join('')}</Error>`;
  return { status: error.status, headers: { ...headers, 'content-type': 'application/xml' }, body };
}

function requestHeaders(requestId: string): { 'x-amz-request-id': string; 'x-amz-id-2': string } {
  const id = requestId.replaceAll('-', '').slice(0, 16).toUpperCase();
  return { 'x-amz-request-id': id, 'x-amz-id-2': Buffer.from(requestId).toString('base64') };
}

const AUTH_ERRORS: Readonly<Record<AuthProblem, readonly [code: string, status: number]>> = {
  missing: ['AccessDenied', 403],
  malformed: ['AuthorizationHeaderMalformed', 400],
  'key-unknown': ['InvalidAccessKeyId', 403],
  'token-invalid': ['InvalidToken', 400],
  'token-expired': ['ExpiredToken', 400],
  'signature-wrong': ['SignatureDoesNotMatch', 403],
  'clock-skewed': ['RequestTimeTooSkewed', 403],
  'presigned-expired': ['AccessDenied', 403],
  'region-wrong': ['AuthorizationHeaderMalformed', 400],
  'payload-wrong': ['XAmzContentSHA256Mismatch', 400],
  'chunks-malformed': ['IncompleteBody', 400],
};

function authError({ problem, message }: AuthError): AwsError {
  const [code, status] = AUTH_ERRORS[problem];
  const [, expected] = problem === 'region-wrong' ? (message.match(/expecting '([^']+)'/) ?? []) : [];
  return new AwsError(code, status, message, expected === undefined ? {} : { Region: expected });
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
