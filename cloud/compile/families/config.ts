import { familyErrors } from './errors.ts';

/** Bounds on what config.json may claim, far above any published encoder, so that a lie costs nothing. */
export const LIMITS = {
  layers: 256,
  heads: 1024,
  /** DeBERTa-v2-xxlarge has 1,536. */
  hidden: 16_384,
  intermediate: 131_072,
  /** XLM-V has 901,629. */
  vocabulary: 4_000_000,
  /** ModernBERT has 8,192. */
  positions: 131_072,
  tokenTypes: 1024,
} as const;

/** Reads config.json key by key, each checked; the message of an error names key and value. */
export class ConfigReader {
  readonly #config: Readonly<Record<string, unknown>>;

  constructor(config: Readonly<Record<string, unknown>>) {
    this.#config = config;
  }

  /** A whole number from `min` to `max`. `fallback` stands in for an absent key: what the family's own default is. */
  integer(key: string, { min, max, fallback }: { min: number; max: number; fallback?: number }): number {
    const value = this.#value(key) ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value)) throw this.#wrongType(key, 'a whole number');
    if (value < min || value > max) {
      throw familyErrors.make('FAMILY_CONFIG_RANGE', `config.json: ${key} is ${value}, not within ${min} and ${max}`);
    }
    return value;
  }

  /** A whole number that `of` divides, such as a width that heads share. */
  multiple(key: string, { of, max, fallback }: { of: number; max: number; fallback: number }): number {
    const value = this.integer(key, { min: 1, max, fallback });
    if (value % of !== 0) {
      throw familyErrors.make('FAMILY_CONFIG_RANGE', `config.json: ${key} is ${value}, not a multiple of ${of} heads`);
    }
    return value;
  }

  /** A finite number above zero. */
  positive(key: string, fallback: number): number {
    const value = this.#value(key) ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrongType(key, 'a number');
    if (value <= 0) throw familyErrors.make('FAMILY_CONFIG_RANGE', `config.json: ${key} is ${value}, not above 0`);
    return value;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.#value(key) ?? fallback;
    if (typeof value !== 'boolean') throw this.#wrongType(key, 'true or false');
    return value;
  }

  text(key: string, fallback: string): string {
    const value = this.#value(key) ?? fallback;
    if (typeof value !== 'string') throw this.#wrongType(key, 'a string');
    return value;
  }

  /** Strings in a list; undefined where the key is absent. */
  texts(key: string): readonly string[] | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw this.#wrongType(key, 'a list of strings');
    }
    return value;
  }

  /** Words of `a|b`, or of a list; none where the key is absent. */
  words(key: string): readonly string[] {
    const value = this.#value(key);
    const list = typeof value === 'string' ? value.split('|') : (this.texts(key) ?? []);
    return list.map((word) => word.trim().toLowerCase());
  }

  /** A nested object as a reader of its own; undefined where the key is absent. */
  section(key: string): ConfigReader | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.#wrongType(key, 'an object');
    // JSON.parse gave a plain object; its values are checked when they are read.
    return new ConfigReader(value as Readonly<Record<string, unknown>>);
  }

  /** Refuses any value but the given ones (or none at all). */
  only(key: string, ...allowed: (string | number | boolean)[]): void {
    const value = this.#value(key);
    if (value === undefined || allowed.some((item) => item === value)) return;
    const listed = allowed.map((item) => JSON.stringify(item)).join(' or ') || 'leaving it out';
    throw familyErrors.make(
      'FAMILY_CONFIG_UNSUPPORTED',
      `config.json: ${key} is ${JSON.stringify(value).slice(0, 100)}; only ${listed} is supported`,
    );
  }

  #value(key: string): unknown {
    // null is how transformers writes "not set".
    return Object.hasOwn(this.#config, key) ? (this.#config[key] ?? undefined) : undefined;
  }

  #wrongType(key: string, wanted: string): Error {
    const shown = JSON.stringify(this.#value(key) ?? null).slice(0, 100);
    return familyErrors.make('FAMILY_CONFIG_TYPE', `config.json: ${key} is ${shown}, not ${wanted}`);
  }
}
