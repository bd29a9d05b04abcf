import { datasetErrors } from '../errors.ts';
import { MAX_COLUMNS, type ReadOptions } from './row.ts';

/** Which columns hold what. */
export interface Columns {
  readonly text: number;
  /** −1 where there is none. */
  readonly label: number;
}

/** Finds text and label among the names of a table. @throws VergeError DATASET_NO_TEXT_COLUMN, DATASET_COLUMNS_INVALID */
export function findColumns(names: readonly string[], file: string, options: ReadOptions): Columns {
  if (names.length > MAX_COLUMNS) {
    throw datasetErrors.make('DATASET_COLUMNS_INVALID', `${file} has ${names.length} columns, over ${MAX_COLUMNS}`);
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw datasetErrors.make('DATASET_COLUMNS_INVALID', `${file} has two columns with the name ${quoted(twice)}`);
  }
  const text = find(names, options.column, 'text');
  if (text < 0) throw noTextColumn(names, file, options.column);
  const label = find(names, options.labelColumn, 'label');
  if (label < 0 && options.labelColumn !== undefined) {
    throw datasetErrors.make(
      'DATASET_NO_TEXT_COLUMN',
      `${file} has the columns ${listed(names)}, and none is ${quoted(options.labelColumn)}`,
    );
  }
  return { text, label };
}

/** A name that the user gave counts as it is; ours in any case. */
function find(names: readonly string[], asked: string | undefined, usual: string): number {
  return asked === undefined ? names.findIndex((name) => name.trim().toLowerCase() === usual) : names.indexOf(asked);
}

function noTextColumn(names: readonly string[], file: string, asked: string | undefined): Error {
  return datasetErrors.make(
    'DATASET_NO_TEXT_COLUMN',
    `${file} has the columns ${listed(names)}, and none is ${asked === undefined ? 'text' : quoted(asked)}`,
  );
}

function listed(names: readonly string[]): string {
  return (
    names
      .slice(0, 8)
      .map((name) => name.slice(0, 100))
      .join(', ') || '(none)'
  );
}

/** A name or value as it may stand in a sentence. */
export function quoted(value: string): string {
  return JSON.stringify(value.slice(0, 100));
}
