import { type FileHandle, open } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type ColumnMetaData,
  type FileMetaData,
  parquetMetadataAsync,
  type RowGroup,
} from 'hyparquet';
import { datasetErrors } from '../errors.ts';

/** A footer over this describes more columns and row groups than any table has. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;
/** Columns of one row group are held in memory while it is read. */
export const MAX_GROUP_BYTES = 1024 * 1024 * 1024;
const MAX_GROUP_ROWS = 20_000_000;
/** A column of lists has more values than rows. */
const MAX_GROUP_VALUES = 200_000_000;
const TRAILER_BYTES = 8;
const MAGIC = 'PAR1';

/** A Parquet file, its footer read and held against the file. */
export interface ParquetFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly rowCount: number;
}

/** @throws VergeError DATASET_PARQUET_INVALID where the file is none, or says of itself what can't be */
export async function openParquet(path: string): Promise<ParquetFile> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = bufferOf(handle, size);
    await checkTrailer(handle, size, path);
    const metadata = await readMetadata(buffer, path);
    if (metadata.schema.some(({ name }) => typeof name !== 'string'))
      throw invalid(`${path} has a column without a name`);
    for (const [index, group] of metadata.row_groups.entries())
      checkGroup(group, size, `${path}: row group ${index + 1}`);
    const rowCount = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    if (BigInt(rowCount) !== metadata.num_rows) {
      throw invalid(`${path} says that it has ${metadata.num_rows} rows, and its row groups have ${rowCount}`);
    }
    return { path, handle, buffer, metadata, rowCount };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readMetadata(buffer: AsyncBuffer, path: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(buffer);
  } catch (error) {
    throw invalid(`${path} has a footer that cannot be read (${wordsOf(error)})`, error);
  }
}

function bufferOf(handle: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      for (let filled = 0; filled < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new Error('the file became shorter while it was read');
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

async function checkTrailer(handle: FileHandle, size: number, path: string): Promise<void> {
  if (size < MAGIC.length + TRAILER_BYTES) throw invalid(`${path} is too short for a Parquet file (${size} bytes)`);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  await handle.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
  const magic = trailer.toString('latin1', 4);
  if (magic === 'PARE') throw invalid(`${path} is encrypted`);
  if (magic !== MAGIC) throw invalid(`${path} is no Parquet file, or was cut off: it doesn't end in ${MAGIC}`);
  const footer = trailer.readUInt32LE(0);
  if (footer > MAX_FOOTER_BYTES || footer > size - MAGIC.length - TRAILER_BYTES) {
    throw invalid(`${path} says that its footer has ${footer} bytes, and it has ${size} in all`);
  }
}

function checkGroup(group: RowGroup, size: number, place: string): void {
  if (group.num_rows < 0n || group.num_rows > BigInt(MAX_GROUP_ROWS)) {
    throw invalid(`${place} says that it has ${group.num_rows} rows, and 0 to ${MAX_GROUP_ROWS} are read`);
  }
  for (const { meta_data: column, file_path: elsewhere } of group.columns) {
    if (column === undefined) throw invalid(`${place} has an encrypted column`);
    const name = `${place}, column ${JSON.stringify(column.path_in_schema.join('.').slice(0, 100))}`;
    if (elsewhere) throw invalid(`${name} is in another file`);
    const { start, end } = bytesOf(column);
    if (start < MAGIC.length || end <= start || end > size - TRAILER_BYTES) {
      throw invalid(`${name} says that it is at bytes ${start} to ${end} of a file of ${size}`);
    }
    if (column.num_values < 0n || column.num_values > BigInt(MAX_GROUP_VALUES)) {
      throw invalid(`${name} says that it has ${column.num_values} values`);
    }
  }
}

/** Where the pages of a column are: the dictionary, where there is one, comes first. */
export function bytesOf(column: ColumnMetaData): { readonly start: number; readonly end: number } {
  const first = column.dictionary_page_offset || column.data_page_offset;
  const start = Number(first < column.data_page_offset ? first : column.data_page_offset);
  return { start, end: start + Number(column.total_compressed_size) };
}

export function invalid(what: string, cause?: unknown): Error {
  return datasetErrors.make('DATASET_PARQUET_INVALID', what, cause);
}

export function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
