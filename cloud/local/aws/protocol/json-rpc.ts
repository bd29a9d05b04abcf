import { type AuthProblem, AwsError } from '../aws-error.ts';
import { readJson, writeJson } from './json.ts';
import { inputOf, outputOf } from './operations.ts';
import type { Protocol } from './protocol.ts';

/** Codes of refused signatures, as the JSON protocols have them. */
export const JSON_AUTH_CODES: Readonly<Record<AuthProblem, string>> = {
  missing: 'MissingAuthenticationTokenException',
  malformed: 'IncompleteSignatureException',
  'key-unknown': 'UnrecognizedClientException',
  'token-invalid': 'UnrecognizedClientException',
  'token-expired': 'ExpiredTokenException',
  'signature-wrong': 'InvalidSignatureException',
  'clock-skewed': 'InvalidSignatureException',
  'presigned-expired': 'InvalidSignatureException',
  'region-wrong': 'InvalidSignatureException',
  'payload-wrong': 'InvalidSignatureException',
  'chunks-malformed': 'InvalidSignatureException',
};

/** `awsJson1_1`: every operation is a POST to `/`, named in a header. @param target what stands before the dot */
export function jsonRpc(target: string): Protocol {
  return {
    streams: false,
    route(head, operations) {
      const [prefix, name = ''] = (head.headers['x-amz-target'] ?? '').split('.');
      const schema = prefix === target && head.method === 'POST' ? operations.get(name) : undefined;
      return schema && { name, schema, labels: {} };
    },
    decode: ({ schema }, request) => readJson(inputOf(schema), request),
    encode: ({ schema }, output, requestId) => ({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId },
      // An operation without an output answers with no document.
      body: outputOf(schema).isStructSchema() ? writeJson(outputOf(schema), output) : '',
    }),
    encodeError: ({ code, status, message, detail }, { requestId }) => ({
      status,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId },
      body: JSON.stringify({ __type: code, message, ...detail }),
    }),
    authError: ({ problem, message }) => new AwsError(JSON_AUTH_CODES[problem], 400, message),
    throttled: () => new AwsError('ThrottlingException', 400, 'Rate exceeded'),
    missing: (names) =>
      new AwsError(
        'ValidationException',
        400,
        `${names.length} validation error${names.length > 1 ? 's' : ''} detected: ${names
          .map((name) => `Value null at '${lowerFirst(name)}' failed to satisfy constraint: Member must not be null`)
          .join('; ')}`,
      ),
  };
}

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
