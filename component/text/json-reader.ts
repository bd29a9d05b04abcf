import { tokenizerErrors } from './errors.ts';

/** A JSON object with its key path, read key by key; every surprise is named with its place. */
export class JsonReader {
  readonly path: string;
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid(path, 'is no object', value);
    }
    this.path = path;
    this.#value = value as Record<string, unknown>; // an object that is no list, as just checked
  }

  /** The value itself; undefined where the key is absent or null. */
  raw(key: string): unknown {
    return Object.hasOwn(this.#value, key) ? (this.#value[key] ?? undefined) : undefined;
  }

  keys(): string[] {
    return Object.keys(this.#value);
  }

  object(key: string): JsonReader | undefined {
    const value = this.raw(key);
    return value === undefined ? undefined : new JsonReader(value, this.#at(key));
  }

  /** Objects of a list; an empty list where the key is absent. */
  objects(key: string, limit: number): JsonReader[] {
    return this.list(key, limit).map((entry, index) => new JsonReader(entry, `${this.#at(key)}.${index}`));
  }

  list(key: string, limit: number): readonly unknown[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw invalid(this.#at(key), 'is no list', value);
    if (value.length > limit) throw tooMany(this.#at(key), value.length, limit);
    return value;
  }

  string(key: string): string | undefined {
    const value = this.raw(key);
    if (value !== undefined && typeof value !== 'string') throw invalid(this.#at(key), 'is no text', value);
    return value;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'boolean') throw invalid(this.#at(key), 'is neither true nor false', value);
    return value;
  }

  /** A whole number from 0 to `max`. */
  count(key: string, max: number): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
      throw invalid(this.#at(key), `is no whole number from 0 to ${max}`, value);
    }
    return value;
  }

  missing(key: string): Error {
    return tokenizerErrors.make('TOKENIZER_INVALID', `tokenizer.json: ${this.#at(key)} is missing`);
  }

  invalid(key: string, what: string): Error {
    return invalid(this.#at(key), what, this.raw(key));
  }

  /** For a value that is not this object's own: `key` leads there from here. */
  invalidAt(key: string, what: string, value: unknown): Error {
    return invalid(this.#at(key), what, value);
  }

  #at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }
}

export function unsupported(path: string, what: unknown): Error {
  return tokenizerErrors.make(
    'TOKENIZER_UNSUPPORTED',
    `tokenizer.json: ${path} is ${shown(what)}, which is not supported`,
  );
}

export function tooMany(path: string, count: number, limit: number): Error {
  return tokenizerErrors.make(
    'TOKENIZER_TOO_LARGE',
    `tokenizer.json: ${path} has ${count} entries, over the limit of ${limit}`,
  );
}

function invalid(path: string, what: string, value: unknown): Error {
  return tokenizerErrors.make('TOKENIZER_INVALID', `tokenizer.json: ${path || 'the whole'} ${what} (${shown(value)})`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
