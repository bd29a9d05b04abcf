import type { CompressionCodec, Compressors, PageHeader, SchemaTree } from 'hyparquet';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';
import { checkDeltas, isDeltas } from './check-deltas.ts';

/** What is known of a page's column. */
export interface PageContext {
  readonly path: SchemaTree[];
  readonly codec: CompressionCodec;
  readonly compressors: Compressors;
}

/** What the values of a page come to. */
export interface PageFinding {
  readonly wrong?: string | undefined;
  /** What its texts take beyond the page's own bytes. */
  readonly bytes?: number;
}

/**
 * Looks at the runs of a data page: one of them can say in five bytes that it repeats a value two thousand million times.
 * Likewise at its deltas.
 * @param bytes the page without its header
 */
export function checkPage(
  header: PageHeader,
  bytes: Uint8Array,
  { path, codec, compressors }: PageContext,
): PageFinding {
  const { data_page_header: one, data_page_header_v2: two, uncompressed_page_size: size } = header;
  const levels = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)];
  const isBoolean = path.at(-1)?.element.type === 'BOOLEAN';
  if (one) {
    const page = decompressPage(bytes, size, codec, compressors);
    let [at, nulls] = [0, 0];
    for (const [index, level] of levels.entries()) {
      if (level === 0) continue;
      const length = new DataView(page.buffer, page.byteOffset + at).getUint32(0, true);
      if (at + 4 + length > page.length) return { wrong: `levels of ${length} bytes in a page of ${page.length}` };
      const runs = page.subarray(at + 4, at + 4 + length);
      const wrong = checkRuns(runs, bitsOf(level), one.num_values);
      if (wrong) return { wrong };
      if (index === 1 && isDeltas(one.encoding)) nulls = countBelow(level, runs, one.num_values);
      at += 4 + length;
    }
    return checkValues(page.subarray(at), one.encoding, { all: one.num_values, nulls, isBoolean });
  }
  if (two === undefined) return {};
  const lengths = [two.repetition_levels_byte_length, two.definition_levels_byte_length];
  let at = 0;
  for (const [index, level] of levels.entries()) {
    const length = lengths[index] ?? 0;
    if (!(length >= 0) || at + length > bytes.length)
      return { wrong: `levels of ${length} bytes in a page of ${bytes.length}` };
    const wrong = level === 0 ? undefined : checkRuns(bytes.subarray(at, at + length), bitsOf(level), two.num_values);
    if (wrong) return { wrong };
    at += length;
  }
  if (!isRuns(two.encoding) && !isDeltas(two.encoding)) return {};
  const packed = bytes.subarray(at);
  const values = two.is_compressed === false ? packed : decompressPage(packed, size - at, codec, compressors);
  return checkValues(values, two.encoding, { all: two.num_values, nulls: two.num_nulls, isBoolean });
}

function isRuns(encoding: string): boolean {
  return encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY' || encoding === 'RLE';
}

interface Counted {
  readonly all: number;
  /** Of deltas, which alone need it. */
  readonly nulls: number;
  readonly isBoolean: boolean;
}

/** Booleans have their length before them, indices of a dictionary their width. */
function checkValues(bytes: Uint8Array, encoding: string, { all, nulls, isBoolean }: Counted): PageFinding {
  if (isDeltas(encoding)) return checkDeltas(bytes, encoding, all - nulls);
  if (!isRuns(encoding)) return {};
  if (isBoolean) return { wrong: checkRuns(bytes.subarray(4), 1, all) };
  const width = bytes[0] ?? 0;
  return width === 0 ? {} : { wrong: checkRuns(bytes.subarray(1), width, all) };
}

/** Levels under the highest stand for nulls. */
function countBelow(highest: number, runs: Uint8Array, count: number): number {
  const levels = new Array<number>(count);
  const view = new DataView(runs.buffer, runs.byteOffset, runs.byteLength);
  readRleBitPackedHybrid({ view, offset: 0 }, bitsOf(highest), levels, runs.byteLength);
  return levels.reduce((nulls, level) => (level === highest ? nulls : nulls + 1), 0);
}

function checkRuns(bytes: Uint8Array, width: number, values: number): string | undefined {
  let [at, seen] = [0, 0];
  while (at < bytes.length && seen < values) {
    let [head, shift, byte] = [0, 0, 0x80];
    for (; byte >= 0x80 && at < bytes.length; shift += 7) {
      byte = bytes[at++] ?? 0;
      head += (byte & 0x7f) * 2 ** shift;
    }
    const count = Math.floor(head / 2);
    if (head % 2 === 0) {
      if (seen + count > values) return `a run of ${count} values in a page of ${values}`;
      seen += count;
      at += Math.ceil(width / 8);
    } else {
      // Packed in groups of eight, of which the last may be padded.
      if (count * 8 > values - seen + 7) return `a run of ${count * 8} values in a page of ${values}`;
      seen += count * 8;
      at += count * width;
    }
  }
  return undefined;
}

function bitsOf(level: number): number {
  return 32 - Math.clz32(level);
}
