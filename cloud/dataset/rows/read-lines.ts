import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { datasetErrors } from '../errors.ts';
import { quoted } from './columns.ts';
import { readFailure } from './read-table.ts';
import { ChunkMaker, MAX_ROW_BYTES, MAX_TEXT_UNITS, type ReadOptions, type Row, type RowReader } from './row.ts';
import { validUtf8 } from './valid-utf8.ts';

const NEWLINE = 0x0a;
const PLAIN = ['text'];

/** Opens `.jsonl` (an object or a string a line) or `.txt` (a text a line). Empty lines are passed over. */
export async function openLines(file: string, kind: 'jsonl' | 'txt', options: ReadOptions): Promise<RowReader> {
  const { size } = await stat(file);
  const toRow = kind === 'txt' ? plainRow : (line: string, place: string) => jsonRow(line, place, options);
  return {
    columns: kind === 'txt' ? PLAIN : undefined,
    shareBefore: ({ offset }) => (size === 0 ? 1 : offset / size),
    async *read(from = { rows: 0, offset: 0, line: 0 }) {
      const chunk = new ChunkMaker();
      let [rows, next] = [from.rows, from];
      for await (const { line, offset, number } of linesOf(file, from.offset, from.line)) {
        if (line.trim() !== '') {
          chunk.add(checked(toRow(line, `${file}: line ${number}`), `${file}: line ${number}`), line.length);
          rows++;
        }
        next = { rows, offset, line: number };
        if (chunk.isFull) yield chunk.take(next);
      }
      if (!chunk.isEmpty) yield chunk.take(next);
    },
    close: async () => {},
  };
}

interface Line {
  readonly line: string;
  /** Counted from 1. */
  readonly number: number;
  /** Of the byte behind its line break. */
  readonly offset: number;
}

async function* linesOf(file: string, start: number, before: number): AsyncGenerator<Line> {
  const stream = createReadStream(file, { start, highWaterMark: 256 * 1024 });
  let [number, offset] = [before, start];
  const parts: Buffer[] = [];
  let length = 0;
  const take = (last: Buffer, breakBytes: number): Line => {
    const bytes = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts.length = 0;
    length = 0;
    number++;
    offset += bytes.length + breakBytes;
    const line = bytes.toString('utf8').replace(/\r$/, '');
    return { line: number === 1 ? line.replace(/^\uFEFF/, '') : line, number, offset };
  };
  try {
    for await (const bytes of validUtf8(stream, file, before)) {
      let at = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
        yield take(bytes.subarray(at, end), 1);
        at = end + 1;
      }
      length += bytes.length - at;
      if (length > MAX_ROW_BYTES) {
        const what = `${file}: line ${number + 1} has more than ${MAX_ROW_BYTES} bytes`;
        throw datasetErrors.make('DATASET_ROW_INVALID', what);
      }
      if (at < bytes.length) parts.push(bytes.subarray(at));
    }
    if (length > 0) yield take(Buffer.alloc(0), 0);
  } catch (error) {
    throw readFailure(error, file);
  } finally {
    stream.destroy();
  }
}

function plainRow(line: string): Row {
  return { text: line, names: PLAIN, cells: [line] };
}

function jsonRow(line: string, place: string, { column = 'text', labelColumn = 'label' }: ReadOptions): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw datasetErrors.make('DATASET_ROW_INVALID', `${place} is not JSON`, error);
  }
  if (typeof value === 'string') return { text: value, names: PLAIN, cells: [value] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw datasetErrors.make('DATASET_ROW_INVALID', `${place} is neither an object nor a string`);
  }
  const fields = value as Readonly<Record<string, unknown>>; // JSON makes no other objects
  const text = Object.hasOwn(fields, column) ? fields[column] : undefined;
  if (typeof text !== 'string') {
    throw datasetErrors.make('DATASET_ROW_INVALID', `${place} has no string ${quoted(column)}`);
  }
  const label = labelOf(Object.hasOwn(fields, labelColumn) ? fields[labelColumn] : undefined, place);
  return {
    text,
    ...(label === undefined ? {} : { label }),
    names: Object.keys(fields),
    cells: Object.values(fields),
    source: line.trim(),
  };
}

/** A label may be a string, a number or a list of strings; an empty list says that none is true. */
export function labelOf(value: unknown, place: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value.join('|');
  throw datasetErrors.make('DATASET_ROW_INVALID', `${place} has a label that is no string, number or list`);
}

function checked(row: Row, place: string): Row {
  if (row.text.length <= MAX_TEXT_UNITS) return row;
  throw datasetErrors.make(
    'DATASET_ROW_INVALID',
    `${place} has a text of ${row.text.length} characters, over ${MAX_TEXT_UNITS}`,
  );
}
