import type * as z from 'zod';

/** Why a payload was not taken. On the wire failures are values: whoever reads keeps the original bytes. */
export interface ReadFailure {
  readonly code:
    | 'MESSAGE_TOO_LARGE'
    | 'MESSAGE_NOT_UTF8'
    | 'MESSAGE_TOO_DEEP'
    | 'MESSAGE_NOT_JSON'
    | 'MESSAGE_TYPE_UNKNOWN'
    | 'MESSAGE_VERSION_UNKNOWN'
    | 'MESSAGE_SENDER_MISMATCH'
    | 'MESSAGE_INVALID';
  /** What is wrong and where, in one sentence. */
  readonly message: string;
}

export type ReadOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: ReadFailure };

/** IoT Core's own limit (fact G8); what is larger was not written by Verge. */
const MAX_READ_BYTES = 128 * 1024;
/** The deepest message of the contract has 7 levels; unknown fields of newer versions may be deeper. */
const MAX_DEPTH = 32;
const MAX_ISSUES = 3;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function failed(
  code: ReadFailure['code'],
  message: string,
): { readonly ok: false; readonly failure: ReadFailure } {
  return { ok: false, failure: { code, message } };
}

/** Reads hostile bytes as JSON of bounded size and depth. Never throws. */
export function readJson(payload: Uint8Array, maxBytes: number = MAX_READ_BYTES): ReadOutcome<unknown> {
  if (payload.byteLength > maxBytes) {
    return failed('MESSAGE_TOO_LARGE', `the payload has ${payload.byteLength} bytes, over ${maxBytes}`);
  }
  const depth = depthOf(payload);
  if (depth > MAX_DEPTH) return failed('MESSAGE_TOO_DEEP', `the JSON nests more than ${MAX_DEPTH} levels deep`);
  let text: string;
  try {
    text = utf8.decode(payload);
  } catch {
    return failed('MESSAGE_NOT_UTF8', `the payload of ${payload.byteLength} bytes is not UTF-8`);
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return failed('MESSAGE_NOT_JSON', `the payload of ${payload.byteLength} bytes is not JSON${placeOf(error)}`);
  }
}

/** Where a JSON text is wrong. The engine's own words quote the text, which may be somebody's private message. */
function placeOf(error: unknown): string {
  const position = /at position (\d+)/.exec(String(error))?.[1];
  return position === undefined ? '' : `, at position ${position}`;
}

/** Checks a value against a schema; unknown fields are ignored. Never throws. */
export function readAs<T>(schema: z.ZodType<T>, value: unknown): ReadOutcome<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issues = parsed.error.issues.flatMap((issue) => innermost(issue)).slice(0, MAX_ISSUES);
  const places = issues.map(
    ({ path, message }) => `${path.join('.').slice(0, 100) || 'the top'}: ${message.slice(0, 200)}`,
  );
  return failed('MESSAGE_INVALID', `the message is wrong at ${places.join('; ')}`);
}

/** Where a value may be one of several things, the issues of the one that it comes closest to: the fewest. */
function innermost(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const closest = issue.errors.reduce((best, other) => (other.length <= best.length ? other : best));
  return closest.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The payload as JSON of a known `schemaVersion`. Never throws. */
export function readVersioned<T>(schema: z.ZodType<T>, version: number, payload: Uint8Array): ReadOutcome<T> {
  const json = readJson(payload);
  return json.ok ? readVersionedValue(schema, version, json.value) : json;
}

export function readVersionedValue<T>(schema: z.ZodType<T>, version: number, value: unknown): ReadOutcome<T> {
  const found =
    typeof value === 'object' && value !== null && 'schemaVersion' in value ? value.schemaVersion : undefined;
  if (typeof found === 'number' && found !== version) {
    return failed('MESSAGE_VERSION_UNKNOWN', `schemaVersion is ${found}, and this Verge reads ${version}`);
  }
  return readAs(schema, value);
}

/** Brackets open at once, outside of strings. */
function depthOf(payload: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < payload.length; index++) {
    const byte = payload[index];
    if (inString) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      deepest = Math.max(deepest, ++depth);
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  return deepest;
}
