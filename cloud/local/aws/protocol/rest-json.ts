import { AwsError } from '../aws-error.ts';
import { bodyMembers, only, payloadMember, readBindings, writeHeaders } from './bindings.ts';
import { jsonBindingSettings, readJson, writeJson } from './json.ts';
import { JSON_AUTH_CODES } from './json-rpc.ts';
import { matchPath, statusOf } from './match-path.ts';
import { inputOf, outputOf } from './operations.ts';
import type { Protocol } from './protocol.ts';

/** How a service calls what its authors named differently. */
export interface RestJsonWords {
  /** A request that breaks the service's model. */
  readonly invalid: string;
  readonly throttledStatus: number;
}

const GREENGRASS: RestJsonWords = { invalid: 'ValidationException', throttledStatus: 429 };

/** `restJson1`, as Greengrass and IoT speak it (fact D6). Payloads that are bytes are not needed yet. */
export function restJson({ invalid, throttledStatus }: RestJsonWords = GREENGRASS): Protocol {
  return {
    streams: false,
    route: (head, operations) => matchPath(head, head.path, operations),
    async decode({ schema, labels }, request) {
      const input = inputOf(schema);
      const bound = readBindings(input, request, labels, jsonBindingSettings);
      const payload = payloadMember(input);
      if (payload) return { ...bound, [payload[0]]: await readJson(payload[1], request) };
      return bodyMembers(input).length === 0 ? bound : { ...(await readJson(input, request)), ...bound };
    },
    encode({ schema }, output, requestId) {
      const shape = outputOf(schema);
      const headers = {
        'content-type': 'application/json',
        'x-amzn-requestid': requestId,
        ...writeHeaders(shape, output, jsonBindingSettings),
      };
      const payload = payloadMember(shape);
      // A payload member of these services is a structure.
      const body = payload
        ? writeJson(payload[1], output[payload[0]] as Record<string, unknown>)
        : writeJson(shape, only(output, bodyMembers(shape)));
      return { status: statusOf(schema), headers, body };
    },
    encodeError: ({ code, status, message, detail }, { requestId }) => ({
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': code },
      body: JSON.stringify({ message, ...detail }),
    }),
    authError: ({ problem, message }) => new AwsError(JSON_AUTH_CODES[problem], 403, message),
    throttled: () => new AwsError('ThrottlingException', throttledStatus, 'Rate exceeded'),
    missing: (names) => new AwsError(invalid, 400, `Missing required members: ${names.join(', ')}`),
  };
}
