import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';

/** What deltas of a page come to. */
export interface Deltas {
  /** Bytes of the texts that share their beginnings with the one before. */
  readonly bytes: number;
  /** What is wrong with them. */
  readonly wrong?: string;
}

/** Writers use 128. */
const MAX_BLOCK_VALUES = 2 ** 24;
const FINE: Deltas = { bytes: 0 };
/** Texts that repeat the beginning of the one before. */
const PREFIXED = 'DELTA_BYTE_ARRAY';

export function isDeltas(encoding: string): boolean {
  return encoding === 'DELTA_BINARY_PACKED' || encoding === 'DELTA_LENGTH_BYTE_ARRAY' || encoding === PREFIXED;
}

/**
 * Looks at values that are written as differences: a few bytes can ask for gigabytes of bit widths, and each text for a copy of
 * all of the one before.
 * @param page values of a page, unpacked
 * @param count values of the page that are not null
 */
export function checkDeltas(page: Uint8Array, encoding: string, count: number): Deltas {
  const reader = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
  const wrong = wrongHead(reader.view, 0, count);
  if (wrong !== undefined) return { bytes: 0, wrong };
  if (encoding !== PREFIXED || count === 0) return FINE;
  const prefixes = new Int32Array(count);
  deltaBinaryUnpack(reader, count, prefixes);
  const wrongSuffixes = wrongHead(reader.view, reader.offset, count);
  if (wrongSuffixes !== undefined) return { bytes: 0, wrong: wrongSuffixes };
  const suffixes = new Int32Array(count);
  deltaBinaryUnpack(reader, count, suffixes);
  return lengthsOf(prefixes, suffixes);
}

function lengthsOf(prefixes: Int32Array, suffixes: Int32Array): Deltas {
  let [bytes, before] = [0, 0];
  for (const [index, prefix] of prefixes.entries()) {
    const suffix = suffixes[index] ?? 0;
    if (prefix < 0 || suffix < 0 || prefix > before) {
      const wrong = `a text that takes ${prefix} bytes of the ${before} before it, and ${suffix} of its own`;
      return { bytes, wrong };
    }
    before = prefix + suffix;
    bytes += before;
  }
  return { bytes };
}

function wrongHead(view: DataView, start: number, count: number): string | undefined {
  const reader = { view, offset: start };
  const [block, pieces, said] = [readNumber(reader), readNumber(reader), readNumber(reader)];
  if (said !== count) return `deltas of ${said} values in a page of ${count}`;
  // Each piece of a block has its width before the block, in a byte.
  const isBlock = block > 0 && block <= MAX_BLOCK_VALUES && pieces > 0 && pieces <= view.byteLength;
  return isBlock && block % pieces === 0 ? undefined : `deltas in blocks of ${block} values in ${pieces} pieces`;
}

function readNumber(reader: { readonly view: DataView; offset: number }): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.view.getUint8(reader.offset++);
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new Error('a number of more than five bytes');
}
