import type { JsonReader } from '../json-reader.ts';

/** That of XLM-RoBERTa has 300 KB. */
const MAX_BASE64 = 8 * 1024 * 1024;
/** Longest replacement; NFKC has one of 33 bytes. */
const MAX_REPLACEMENT_BYTES = 128;
const MAX_CACHED = 65_536;
const KEY = 'precompiled_charsmap';

/**
 * The `precompiled_charsmap` of SentencePiece: bytes of a Darts double array (u32 size, then units of u32, keyed by UTF-8
 * bytes), then the replacements, each ended by a NUL, at the places that the array's values name.
 */
export class CharacterMap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #singles = new Map<string, string | undefined>();

  constructor(units: Uint32Array, replacements: Uint8Array) {
    this.#units = units;
    this.#replacements = replacements;
  }

  /** What the shortest mapped beginning of `part` maps to. */
  lookUp(part: string): string | undefined {
    if (part.length > 1) return this.#find(part);
    const known = this.#singles.get(part);
    if (known !== undefined || this.#singles.has(part)) return known;
    const found = this.#find(part);
    if (this.#singles.size >= MAX_CACHED) this.#singles.clear();
    this.#singles.set(part, found);
    return found;
  }

  #find(part: string): string | undefined {
    const units = this.#units;
    let node = offsetOf(units[0] ?? 0);
    for (const byte of encoder.encode(part)) {
      if (byte === 0) return undefined;
      node = (node ^ byte) >>> 0;
      const unit = units[node];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node = (node ^ offsetOf(unit)) >>> 0;
      if (hasLeaf(unit)) return this.#replacementAt((units[node] ?? 0) & 0x7fffffff);
    }
    return undefined;
  }

  #replacementAt(start: number): string {
    let end = this.#replacements.indexOf(0, start);
    if (end < 0) end = this.#replacements.length;
    return decoder.decode(this.#replacements.subarray(start, end));
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads `precompiled_charsmap` of a `Precompiled` normaliser and checks that no value of it points outside. */
export function readCharacterMap(normalizer: JsonReader): CharacterMap {
  const text = normalizer.string(KEY);
  if (text === undefined) throw normalizer.missing(KEY);
  if (text.length > MAX_BASE64) throw normalizer.invalid(KEY, `is longer than ${MAX_BASE64} characters`);
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw normalizer.invalid(KEY, 'is no base64');
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  const view = new DataView(bytes.buffer);
  const arrayBytes = bytes.length >= 4 ? view.getUint32(0, true) : Number.POSITIVE_INFINITY;
  const count = Math.floor(arrayBytes / 4);
  if (count < 1 || 4 + count * 4 > bytes.length) throw normalizer.invalid(KEY, 'is shorter than it says');
  const units = Uint32Array.from({ length: count }, (_, index) => view.getUint32(4 + index * 4, true));
  const replacements = bytes.subarray(4 + count * 4);
  checkValues(normalizer, units, replacements.length);
  checkReplacements(normalizer, replacements);
  return new CharacterMap(units, replacements);
}

function checkValues(normalizer: JsonReader, units: Uint32Array, limit: number): void {
  for (let index = 0; index < units.length; index++) {
    const unit = units[index] ?? 0;
    // A unit with the top bit is a value itself.
    if (unit >>> 31 === 1 || !hasLeaf(unit)) continue;
    const value = units[(index ^ offsetOf(unit)) >>> 0];
    if (value === undefined || (value & 0x7fffffff) >= limit) {
      throw normalizer.invalid(KEY, `points outside itself at unit ${index}`);
    }
  }
}

/** Texts must not grow without bound, and every replacement must be text. */
function checkReplacements(normalizer: JsonReader, replacements: Uint8Array): void {
  for (let start = 0; start < replacements.length; ) {
    const found = replacements.indexOf(0, start);
    const end = found < 0 ? replacements.length : found;
    if (end - start > MAX_REPLACEMENT_BYTES) {
      throw normalizer.invalid(KEY, `has a replacement of more than ${MAX_REPLACEMENT_BYTES} bytes`);
    }
    start = end + 1;
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(replacements);
  } catch {
    throw normalizer.invalid(KEY, 'has replacements that are not UTF-8');
  }
}

function hasLeaf(unit: number): boolean {
  return ((unit >>> 8) & 1) === 1;
}

function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
