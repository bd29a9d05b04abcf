import { type Compressors, parquetReadObjects, parquetSchema, type SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { datasetErrors } from '../errors.ts';
import { findColumns } from '../rows/columns.ts';
import { labelOf } from '../rows/read-lines.ts';
import { ChunkMaker, MAX_TEXT_UNITS, type ReadOptions, type Row, type RowReader } from '../rows/row.ts';
import { checkPages } from './check-pages.ts';
import { invalid, MAX_GROUP_BYTES, openParquet, type ParquetFile, wordsOf } from './open-parquet.ts';
import { readyZstd, unpackZstd } from './zstd.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Times finer than a JavaScript date keep what they have, and what is no UTF-8 is not papered over. */
const PARSERS = {
  stringFromBytes: (bytes: Uint8Array | undefined): string | undefined => bytes && UTF8.decode(bytes),
  timestampFromMicroseconds: (micros: bigint): string => isoTime(micros, 6),
  timestampFromNanoseconds: (nanos: bigint): string => isoTime(nanos, 9),
};

/** Opens `.parquet`; one row group is in memory at a time. @throws VergeError DATASET_… */
export async function openParquetRows(path: string, options: ReadOptions): Promise<RowReader> {
  await readyZstd();
  const file = await openParquet(path);
  try {
    const children = parquetSchema(file.metadata).children;
    const columns = children.map(({ element }) => element.name);
    const found = findColumns(columns, path, options);
    checkTextColumn(children[found.text], path);
    const wanted = columns.filter(
      (_, index) => options.textOnly !== true || index === found.text || index === found.label,
    );
    return {
      columns,
      shareBefore: ({ rows }) => (file.rowCount === 0 ? 1 : rows / file.rowCount),
      read: (from = { rows: 0, offset: 0, line: 0 }) =>
        readRows(file, wanted, { text: columns[found.text] ?? '', label: columns[found.label] }, from.rows),
      close: () => file.handle.close(),
    };
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

interface Named {
  readonly text: string;
  readonly label: string | undefined;
}

async function* readRows(
  file: ParquetFile,
  columns: readonly string[],
  named: Named,
  skip: number,
): ReturnType<RowReader['read']> {
  let groupStart = 0;
  for (const [index, group] of file.metadata.row_groups.entries()) {
    const groupEnd = groupStart + Number(group.num_rows);
    if (groupEnd > Math.max(skip, groupStart)) {
      const place = `${file.path}: row group ${index + 1}`;
      const first = Math.max(groupStart, skip);
      const records = await readGroup(file, index, columns, { first, end: groupEnd }, place);
      const chunk = new ChunkMaker();
      for (const [at, record] of records.entries()) {
        const number = first + at + 1;
        const row = toRow(record, columns, named, `${file.path}: row ${number}`);
        chunk.add(row, row.text.length);
        if (chunk.isFull) yield chunk.take({ rows: number, offset: number, line: number });
      }
      if (!chunk.isEmpty) yield chunk.take({ rows: groupEnd, offset: groupEnd, line: groupEnd });
    }
    groupStart = groupEnd;
  }
}

async function readGroup(
  file: ParquetFile,
  index: number,
  columns: readonly string[],
  { first, end }: { readonly first: number; readonly end: number },
  place: string,
): Promise<readonly Record<string, unknown>[]> {
  let unpacked = 0;
  for (const { meta_data: column } of file.metadata.row_groups[index]?.columns ?? []) {
    const [top = ''] = column?.path_in_schema ?? [];
    if (column === undefined || !columns.includes(top)) continue;
    unpacked += await checkPages(file, column, bounded(place), `${place}, column ${JSON.stringify(top.slice(0, 100))}`);
    if (unpacked > MAX_GROUP_BYTES) {
      const what = `${place} has ${unpacked} bytes or more unpacked, over ${MAX_GROUP_BYTES}: write the file with smaller row groups`;
      throw invalid(what);
    }
  }
  try {
    const { buffer, metadata } = file;
    const options = { file: buffer, metadata, columns: [...columns], rowStart: first, rowEnd: end };
    const records = await parquetReadObjects({
      ...options,
      compressors: bounded(place),
      utf8: false,
      parsers: PARSERS,
    });
    if (records.length === end - first) return records;
    throw new Error(`it has ${records.length} rows, and says ${end - first}`);
  } catch (error) {
    throw invalid(`${place} cannot be read (${wordsOf(error)})`, error);
  }
}

/** None of them may make more of a page than its header says. */
function bounded(place: string): Compressors {
  return Object.fromEntries(
    Object.entries({ ...compressors, ZSTD: unpackZstd }).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number) => {
        const output = unpack(input, length);
        if (output.length !== length)
          throw invalid(`${place} has a page of ${output.length} bytes that says ${length}`);
        return output;
      },
    ]),
  );
}

function decoded(bytes: Uint8Array, place: string): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw datasetErrors.make('DATASET_NOT_UTF8', `${place} is not UTF-8`, error);
  }
}

function isoTime(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const rest = ((value % unit) + unit) % unit;
  const whole = new Date(Number((value - rest) / unit) * 1000);
  if (Number.isNaN(whole.getTime())) return `${value}`;
  return `${whole.toISOString().slice(0, -'.000Z'.length)}.${rest.toString().padStart(digits, '0')}Z`;
}

function checkTextColumn(column: SchemaTree | undefined, path: string): void {
  const { type, name, repetition_type: repetition } = column?.element ?? { name: '' };
  if (type === 'BYTE_ARRAY' && repetition !== 'REPEATED') return;
  const what = `${path}: the column ${JSON.stringify(name.slice(0, 100))} holds ${type ?? 'groups'}, and texts are strings`;
  throw datasetErrors.make('DATASET_NO_TEXT_COLUMN', what);
}

function toRow(record: Readonly<Record<string, unknown>>, names: readonly string[], named: Named, place: string): Row {
  const value = record[named.text];
  const text = value instanceof Uint8Array ? decoded(value, place) : value; // older files don't say that bytes are text
  if (typeof text !== 'string') {
    throw datasetErrors.make('DATASET_ROW_INVALID', `${place} has no text`);
  }
  if (text.length > MAX_TEXT_UNITS) {
    const what = `${place} has a text of ${text.length} characters, over ${MAX_TEXT_UNITS}`;
    throw datasetErrors.make('DATASET_ROW_INVALID', what);
  }
  const label = named.label === undefined ? undefined : labelOf(record[named.label], place);
  return { text, ...(label === undefined ? {} : { label }), names, cells: names.map((name) => record[name]) };
}
