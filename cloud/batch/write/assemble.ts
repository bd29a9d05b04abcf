import { open } from 'node:fs/promises';
import { openParquet } from '../../dataset/parquet/open-parquet.ts';
import type { DatasetKind } from '../../dataset/rows/open-rows.ts';
import { MAX_COLUMNS, type Row } from '../../dataset/rows/row.ts';
import type { AnswerColumn, ColumnType } from '../answer-columns.ts';
import { batchErrors } from '../errors.ts';
import { jsonLinesBack } from './json-lines-back.ts';
import { elementOf, ParquetSink, type TypedColumn } from './parquet-sink.ts';
import { fieldsOf, objectOf, textOf } from './plain-value.ts';
import { type RenderedRow, type Renderer, tableRenderer } from './render-rows.ts';

// Two kinds of output are put together when every row is answered: Parquet, whose footer stands last, and tables of JSON
// Lines, whose columns are known when the last row is. Until then the answers lie in a file of lines.

/** Rows of one row group where we choose. */
const GROUP_ROWS = 50_000;

/** A line of an interim file. */
interface Interim {
  readonly row: Readonly<Record<string, unknown>>;
  readonly added: readonly unknown[];
}

/** Lines that hold row and answers. @throws VergeError BATCH_VALUE_UNWRITABLE */
export const interimRenderer: Renderer = {
  head: '',
  render: (rows, firstRow) =>
    rows
      .map(({ row, added }, index) => {
        checkNumbers(row, firstRow + index);
        return `{"row":${objectOf(row.names, row.cells)},${fieldsOf(['added'], [added])}}\n`;
      })
      .join(''),
};

/** Lines that hold answers alone, for rows that are copied. */
export const answersRenderer: Renderer = {
  head: '',
  render: (rows) => rows.map(({ added }) => `${fieldsOf(['a'], [added]).slice('"a":'.length)}\n`).join(''),
};

/** Numbers of JSON that are larger than they can be held exactly stay exact only where their line is kept as it is. */
function checkNumbers({ names, cells }: Row, row: number): void {
  const bad = cells.findIndex(
    (cell) => typeof cell === 'number' && Number.isInteger(cell) && !Number.isSafeInteger(cell),
  );
  if (bad < 0) return;
  const what = `Row ${row}: ${JSON.stringify(names[bad]?.slice(0, 100))} is ${cells[bad]}, a whole number that only .jsonl keeps exactly`;
  throw batchErrors.make('BATCH_VALUE_UNWRITABLE', what);
}

/** From a Parquet file and its answers to one with columns added. */
export async function appendColumns(
  input: string,
  answers: string,
  out: string,
  added: readonly AnswerColumn[],
): Promise<void> {
  const source = await openParquet(input);
  const sink = await ParquetSink.create(out);
  const lines = jsonLinesBack<readonly unknown[]>(answers);
  try {
    for (const group of source.metadata.row_groups) {
      const rows = Number(group.num_rows);
      if (rows === 0) continue;
      const data: unknown[][] = added.map(() => []);
      for (let row = 0; row < rows; row++) {
        const line = await lines.next();
        if (line.done) throw new Error(`${answers} holds fewer answers than ${input} has rows`);
        for (const [index, values] of data.entries()) values.push(line.value[index]);
      }
      const columns = [];
      for (const chunk of group.columns) columns.push(await sink.copy(source, chunk));
      columns.push(...(await sink.encode(added, data)));
      sink.endGroup(columns, rows);
    }
    const { schema, version, key_value_metadata: keyValues } = source.metadata;
    const [root, ...elements] = schema;
    const first = { ...root, name: root?.name ?? 'schema', num_children: (root?.num_children ?? 0) + added.length };
    // Arrow's own copy of the schema counts the columns; without it readers go by Parquet's.
    const kept = keyValues?.filter(({ key }) => key !== 'ARROW:schema');
    await sink.finish([first, ...elements, ...added.map(elementOf)], version, kept);
  } finally {
    await lines.return(undefined);
    await sink.close().catch(() => undefined);
    await source.handle.close();
  }
}

/** From an interim file to a table or to Parquet. @throws VergeError BATCH_COLUMNS_DIFFER, BATCH_VALUE_UNWRITABLE */
export async function assemble(
  interim: string,
  out: string,
  kind: Extract<DatasetKind, 'csv' | 'tsv' | 'parquet'>,
  added: readonly AnswerColumn[],
): Promise<void> {
  const found = await columnsOf(interim);
  const columns = [...found].map(([name, type]): TypedColumn => ({ name, type }));
  const taken = added.find(({ name }) => found.has(name));
  if (taken) {
    const what = `A row further down has a column ${taken.name} of its own`;
    throw batchErrors.make('BATCH_COLUMNS_DIFFER', what);
  }
  if (kind === 'parquet') await toParquet(interim, out, columns, added);
  else await toTable(interim, out, kind, columns, added);
}

/** Every column of any row, with the narrowest type that holds all its values. */
async function columnsOf(interim: string): Promise<ReadonlyMap<string, ColumnType>> {
  const found = new Map<string, ColumnType | undefined>();
  for await (const { row } of jsonLinesBack<Interim>(interim)) {
    for (const [name, value] of Object.entries(row)) {
      const before = found.get(name);
      const type = value === null ? before : typeOf(value);
      found.set(name, before === undefined || before === type ? type : 'json');
    }
    if (found.size > MAX_COLUMNS) {
      const what = `The rows have ${found.size} columns in all, over ${MAX_COLUMNS}`;
      throw batchErrors.make('BATCH_COLUMNS_DIFFER', what);
    }
  }
  return new Map([...found].map(([name, type]) => [name, type ?? 'string']));
}

function typeOf(value: unknown): ColumnType {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'json';
}

async function toParquet(
  interim: string,
  out: string,
  columns: readonly TypedColumn[],
  added: readonly AnswerColumn[],
): Promise<void> {
  const all = [...columns, ...added];
  const sink = await ParquetSink.create(out);
  try {
    let data: unknown[][] = all.map(() => []);
    const flush = async (): Promise<void> => {
      const rows = data[0]?.length ?? 0;
      if (rows === 0) return;
      sink.endGroup(await sink.encode(all, data), rows);
      data = all.map(() => []);
    };
    for await (const { row, added: values } of jsonLinesBack<Interim>(interim)) {
      for (const [index, { name }] of columns.entries()) {
        data[index]?.push(Object.hasOwn(row, name) ? (row[name] ?? undefined) : undefined);
      }
      for (const [index] of added.entries()) data[columns.length + index]?.push(values[index]);
      if ((data[0]?.length ?? 0) >= GROUP_ROWS) await flush();
    }
    await flush();
    await sink.finish([{ name: 'schema', num_children: all.length }, ...all.map(elementOf)], 2, undefined);
  } finally {
    await sink.close().catch(() => undefined);
  }
}

async function toTable(
  interim: string,
  out: string,
  kind: 'csv' | 'tsv',
  columns: readonly TypedColumn[],
  added: readonly AnswerColumn[],
): Promise<void> {
  const names = columns.map(({ name }) => name);
  const renderer = tableRenderer(
    kind,
    names,
    added.map(({ name }) => name),
  );
  const file = await open(out, 'w');
  try {
    await file.appendFile(renderer.head);
    let [number, rows]: [number, RenderedRow[]] = [1, []];
    const flush = async (): Promise<void> => {
      await file.appendFile(renderer.render(rows, number));
      number += rows.length;
      rows = [];
    };
    for await (const { row, added: values } of jsonLinesBack<Interim>(interim)) {
      const cells = names.map((name) => (Object.hasOwn(row, name) ? textOf(row[name]) : ''));
      rows.push({ row: { text: '', names, cells }, added: values });
      if (rows.length >= 1024) await flush();
    }
    await flush();
    await file.datasync();
  } finally {
    await file.close();
  }
}
