import type { CompressionCodec, Compressors, PageHeader, SchemaTree } from 'hyparquet';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js';

/** What is known of a page's column. */
export interface PageContext {
  readonly path: SchemaTree[];
  readonly codec: CompressionCodec;
  readonly compressors: Compressors;
}

/**
 * Looks at the runs of a data page: one of them can say in five bytes that it repeats a value two thousand million times.
 * @param bytes the page without its header
 * @returns what is wrong; undefined where each run is within the page's values
 */
export function findEndlessRun(
  header: PageHeader,
  bytes: Uint8Array,
  { path, codec, compressors }: PageContext,
): string | undefined {
  const { data_page_header: one, data_page_header_v2: two, uncompressed_page_size: size } = header;
  const levels = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)];
  const isBoolean = path.at(-1)?.element.type === 'BOOLEAN';
  if (one) {
    const page = decompressPage(bytes, size, codec, compressors);
    let at = 0;
    for (const level of levels) {
      if (level === 0) continue;
      const length = new DataView(page.buffer, page.byteOffset + at).getUint32(0, true);
      if (at + 4 + length > page.length) return `levels of ${length} bytes in a page of ${page.length}`;
      const run = checkRuns(page.subarray(at + 4, at + 4 + length), bitsOf(level), one.num_values);
      if (run) return run;
      at += 4 + length;
    }
    return isRuns(one.encoding) ? checkValues(page.subarray(at), one.num_values, isBoolean) : undefined;
  }
  if (two === undefined) return undefined;
  const lengths = [two.repetition_levels_byte_length, two.definition_levels_byte_length];
  let at = 0;
  for (const [index, level] of levels.entries()) {
    const length = lengths[index] ?? 0;
    if (!(length >= 0) || at + length > bytes.length) return `levels of ${length} bytes in a page of ${bytes.length}`;
    const run = level === 0 ? undefined : checkRuns(bytes.subarray(at, at + length), bitsOf(level), two.num_values);
    if (run) return run;
    at += length;
  }
  if (!isRuns(two.encoding)) return undefined;
  const packed = bytes.subarray(at);
  const values = two.is_compressed === false ? packed : decompressPage(packed, size - at, codec, compressors);
  return checkValues(values, two.num_values, isBoolean);
}

function isRuns(encoding: string): boolean {
  return encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY' || encoding === 'RLE';
}

/** Booleans have their length before them, indices of a dictionary their width. */
function checkValues(bytes: Uint8Array, values: number, isBoolean: boolean): string | undefined {
  if (isBoolean) return checkRuns(bytes.subarray(4), 1, values);
  const width = bytes[0] ?? 0;
  return width === 0 ? undefined : checkRuns(bytes.subarray(1), width, values);
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
