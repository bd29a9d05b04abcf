import { checkpointErrors } from './errors.ts';
import { limits } from './limits.ts';
import { quote } from './quote.ts';

/** What a JSON file may be. */
export interface JsonBounds {
  /** Name of the file, for messages. */
  readonly file: string;
  readonly maxDepth: number;
  /** Refuse an object that has a key twice: two readers could see two different files. */
  readonly uniqueKeys: boolean;
}

/**
 * Parses JSON of a file that may be hostile; its size is bounded by whoever read it.
 * @throws JSON_NOT_UTF8, JSON_TOO_DEEP, JSON_TOO_MANY, JSON_DUPLICATE_KEY, JSON_MALFORMED
 */
export function parseJson(bytes: Uint8Array, bounds: JsonBounds): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw checkpointErrors.make('JSON_NOT_UTF8', `${bounds.file} is not UTF-8 text`, cause);
  }
  scan(text, bounds);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw checkpointErrors.make('JSON_MALFORMED', `${bounds.file} is not JSON: ${quote(reason)}`, cause);
  }
}

/** As `parseJson`, for a file whose outermost value must be an object. @throws also JSON_NOT_OBJECT */
export function parseJsonObject(bytes: Uint8Array, bounds: JsonBounds): Record<string, unknown> {
  const value = parseJson(bytes, bounds);
  if (!isJsonObject(value)) throw checkpointErrors.make('JSON_NOT_OBJECT', `${bounds.file} holds no JSON object`);
  return value;
}

export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks depth and keys by walking over the brackets and strings; what is malformed is left to JSON.parse. */
function scan(text: string, { file, maxDepth, uniqueKeys }: JsonBounds): void {
  /** One for each open bracket: the keys of an object so far, or undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Every value stands behind an opening bracket, a comma or a colon.
    if (code === 0x7b || code === 0x5b || code === 0x2c || code === 0x3a) {
      values += 1;
      if (values > limits.jsonValues) {
        throw checkpointErrors.make('JSON_TOO_MANY', `${file} holds more than ${limits.jsonValues} values`);
      }
    }
    if (code === 0x7b || code === 0x5b) {
      open.push(code === 0x7b && uniqueKeys ? new Set() : undefined);
      if (open.length > maxDepth) {
        throw checkpointErrors.make('JSON_TOO_DEEP', `${file} nests deeper than ${maxDepth} levels at character ${at}`);
      }
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
    } else if (code === 0x22) {
      const end = stringEnd(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && isKey(text, end)) {
        const key = text.slice(at + 1, end);
        const plain = key.includes('\\') ? unescapeKey(key) : key;
        if (keys.has(plain)) {
          throw checkpointErrors.make('JSON_DUPLICATE_KEY', `${file} has the key ${quote(plain)} twice in one object`);
        }
        keys.add(plain);
      }
      at = end;
    }
  }
}

/** Index of the quote that closes the string opened at `start`; the text's length where none does. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    at += code === 0x5c ? 2 : 1;
  }
  return text.length;
}

function isKey(text: string, end: number): boolean {
  let at = end + 1;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return text.charAt(at) === ':';
}

function unescapeKey(key: string): string {
  try {
    return String(JSON.parse(`"${key}"`));
  } catch {
    return key; // malformed: JSON.parse of the whole says so
  }
}
