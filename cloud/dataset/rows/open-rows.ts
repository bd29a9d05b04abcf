import path from 'node:path';
import { datasetErrors } from '../errors.ts';
import { openParquetRows } from '../parquet/read-parquet.ts';
import { openLines } from './read-lines.ts';
import { openTable, readFailure } from './read-table.ts';
import type { ReadOptions, RowReader } from './row.ts';

/** What files of texts may be. */
export type DatasetKind = 'csv' | 'tsv' | 'jsonl' | 'parquet' | 'txt';

const KINDS: Readonly<Record<string, DatasetKind>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.parquet': 'parquet',
  '.txt': 'txt',
};

/** By the ending of the name; undefined where it is none that is known. */
export function kindOf(file: string): DatasetKind | undefined {
  return KINDS[path.extname(file).toLowerCase()];
}

/** Opens a file of texts of any kind, to be read piece by piece. @throws VergeError DATASET_… */
export async function openRows(file: string, options: ReadOptions = {}): Promise<RowReader> {
  const kind = kindOf(file);
  try {
    switch (kind) {
      case 'csv':
        return await openTable(file, ',', options);
      case 'tsv':
        return await openTable(file, '\t', options);
      case 'jsonl':
      case 'txt':
        return await openLines(file, kind, options);
      case 'parquet':
        return await openParquetRows(file, options);
      case undefined:
        throw datasetErrors.make('DATASET_KIND_UNKNOWN', `${file} ends in ${path.extname(file) || 'nothing'}`);
    }
  } catch (error) {
    throw readFailure(error, file);
  }
}
