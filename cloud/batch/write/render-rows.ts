import { stringify } from 'csv-stringify/sync';
import type { Row } from '../../dataset/rows/row.ts';
import { batchErrors } from '../errors.ts';
import { fieldsOf, objectOf, textOf } from './plain-value.ts';

/** A row and what is added to it. */
export interface RenderedRow {
  readonly row: Row;
  /** For each of the added columns. */
  readonly added: readonly unknown[];
}

/** Rows as bytes of a file of some kind. */
export interface Renderer {
  /** What stands before the first row. */
  readonly head: string;
  /** @param firstRow number of the first row, from 1. @throws VergeError BATCH_VALUE_UNWRITABLE */
  render(rows: readonly RenderedRow[], firstRow: number): string;
}

/** JSON Lines: what was an object stays as it was written, with fields added behind. */
export function jsonRenderer(addedNames: readonly string[]): Renderer {
  const names = new Set(addedNames);
  return {
    head: '',
    render: (rows, firstRow) =>
      rows
        .map(({ row, added }, index) => {
          const taken = row.names.find((name) => names.has(name));
          if (taken === undefined) return `${jsonRow(row, addedNames, added)}\n`;
          const what = `Row ${firstRow + index} has a field ${taken} of its own, which the first rows have not`;
          throw batchErrors.make('BATCH_COLUMNS_DIFFER', what);
        })
        .join(''),
  };
}

function jsonRow(row: Row, addedNames: readonly string[], added: readonly unknown[]): string {
  const source = row.source ?? objectOf(row.names, row.cells);
  return `${source.slice(0, -1)},${fieldsOf(addedNames, added)}}`;
}

/** CSV with quotes where they are needed, or TSV, where a quote is an ordinary character. All rows have these columns. */
export function tableRenderer(kind: 'csv' | 'tsv', names: readonly string[], addedNames: readonly string[]): Renderer {
  const render = (rows: readonly (readonly string[])[], firstRow: number): string =>
    kind === 'csv'
      ? stringify(
          rows.map((cells) => [...cells]),
          { record_delimiter: '\n', quoted_match: /[\r\n]/ },
        )
      : rows.map((cells, index) => `${tabbed(cells, firstRow + index)}\n`).join('');
  return {
    head: render([[...names, ...addedNames]], 0),
    render: (rows, firstRow) =>
      render(
        rows.map(({ row, added }) => [...row.cells, ...added].map(textOf)),
        firstRow,
      ),
  };
}

function tabbed(cells: readonly string[], row: number): string {
  const bad = cells.find((cell) => /[\t\r\n]/.test(cell));
  if (bad === undefined) return cells.join('\t');
  const place = row === 0 ? 'The first line' : `Row ${row}`;
  const what = `${place} holds a tab or a line break, in ${JSON.stringify(bad.slice(0, 60))}, and TSV has no place for them`;
  throw batchErrors.make('BATCH_VALUE_UNWRITABLE', what);
}
