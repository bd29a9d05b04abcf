import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CsvError, type Info, type Parser, parse } from 'csv-parse';
import { datasetErrors } from '../errors.ts';
import { findColumns } from './columns.ts';
import {
  ChunkMaker,
  MAX_ROW_BYTES,
  MAX_TEXT_UNITS,
  type Position,
  type ReadOptions,
  type Row,
  type RowReader,
} from './row.ts';
import { validUtf8 } from './valid-utf8.ts';

interface Parsed {
  readonly record: readonly string[];
  readonly info: Info;
}

/** Opens `.csv` or `.tsv`: the first line names the columns. @throws VergeError DATASET_… */
export async function openTable(file: string, delimiter: ',' | '\t', options: ReadOptions): Promise<RowReader> {
  const { size } = await stat(file);
  const head = await firstRecord(file, delimiter);
  if (head === undefined) throw datasetErrors.make('DATASET_EMPTY', `${file} holds no texts`);
  const columns = head.record;
  const found = findColumns(columns, file, options);
  const start: Position = { rows: 0, offset: head.info.bytes, line: head.info.lines };

  function toRow(cells: readonly string[], line: number): Row {
    if (cells.length !== columns.length) {
      throw datasetErrors.make(
        'DATASET_ROW_INVALID',
        `${file}: line ${line} has ${cells.length} columns, and the first line names ${columns.length}`,
      );
    }
    const text = cells[found.text] ?? '';
    if (text.length > MAX_TEXT_UNITS) {
      throw datasetErrors.make(
        'DATASET_ROW_INVALID',
        `${file}: line ${line} has a text of ${text.length} characters, over ${MAX_TEXT_UNITS}`,
      );
    }
    const label = cells[found.label];
    return { text, ...(label ? { label } : {}), names: columns, cells };
  }

  return {
    columns,
    shareBefore: ({ offset }) => (size === 0 ? 1 : offset / size),
    async *read(given = start) {
      const from = given.offset === 0 ? start : given;
      const chunk = new ChunkMaker();
      let [rows, line, next] = [from.rows, from.line, from];
      for await (const { record, info } of parsed(file, delimiter, from)) {
        // A record may hold line breaks; the first of its lines is the one to look at.
        chunk.add(toRow(record, line + 1), info.bytes + from.offset - next.offset);
        rows++;
        line = from.line + info.lines;
        next = { rows, offset: from.offset + info.bytes, line };
        if (chunk.isFull) yield chunk.take(next);
      }
      if (!chunk.isEmpty) yield chunk.take(next);
    },
    close: async () => {},
  };
}

async function firstRecord(file: string, delimiter: string): Promise<Parsed | undefined> {
  for await (const parsedRecord of parsed(file, delimiter, { rows: 0, offset: 0, line: 0 })) return parsedRecord;
  return undefined;
}

async function* parsed(file: string, delimiter: string, { offset, line }: Position): AsyncGenerator<Parsed> {
  const stream = createReadStream(file, { start: offset, highWaterMark: 256 * 1024 });
  // In TSV a quote is an ordinary character, as in the files that data sets come in.
  const parser: Parser = parse({
    delimiter,
    quote: delimiter === '\t' ? null : '"',
    bom: offset === 0,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true, // counted by us: the parser would hold a row against the first that it sees
    max_record_size: MAX_ROW_BYTES,
  });
  const source = Readable.from(validUtf8(stream, file, line), { objectMode: true });
  source.once('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    yield* parser as AsyncIterable<Parsed>; // with `info` that is what it gives
  } catch (error) {
    if (!(error instanceof CsvError)) throw readFailure(error, file);
    throw invalid(error, file, line);
  } finally {
    source.destroy();
    stream.destroy();
  }
}

function invalid(error: CsvError, file: string, line: number): Error {
  const { lines } = error as CsvError & { readonly lines?: number }; // the parser's state when it stopped
  const at = `${file}: line ${line + (lines ?? 0)}`;
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return datasetErrors.make('DATASET_ROW_INVALID', `${at} has more than ${MAX_ROW_BYTES} bytes`, error);
  }
  const [words = ''] = error.message.replace(/ (on|at) line \d+/, '').split('\n');
  return datasetErrors.make('DATASET_ROW_INVALID', `${at}: ${words.replace(/\.$/, '').slice(0, 300)}`, error);
}

/** What the file system says, as a sentence; anything else as it is. */
export function readFailure(error: unknown, file: string): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return datasetErrors.make('DATASET_UNREADABLE', `${file} cannot be read (${error.message})`, error);
}
