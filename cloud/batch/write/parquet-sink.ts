import { type FileHandle, open } from 'node:fs/promises';
import type { ColumnChunk, FileMetaData, KeyValue, RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { bytesOf, type ParquetFile } from '../../dataset/parquet/open-parquet.ts';
import type { ColumnType } from '../answer-columns.ts';

const MAGIC = Buffer.from('PAR1');
const COPY_BYTES = 4 * 1024 * 1024;

/** A column by name and what it holds. */
export interface TypedColumn {
  readonly name: string;
  readonly type: ColumnType;
}

const ELEMENTS = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  json: { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } },
  number: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
} as const satisfies Record<ColumnType, Partial<SchemaElement>>;

/** How a column stands in the schema; every value may be absent. */
export function elementOf({ name, type }: TypedColumn): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...ELEMENTS[type] };
}

/** A Parquet file that is written row group by row group; between them nothing is kept but their descriptions. */
export class ParquetSink {
  readonly #handle: FileHandle;
  #offset = 0;
  readonly #groups: RowGroup[] = [];

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async create(path: string): Promise<ParquetSink> {
    const sink = new ParquetSink(await open(path, 'w'));
    await sink.#append(MAGIC);
    return sink;
  }

  /** Writes columns, and answers their descriptions. */
  async encode(columns: readonly TypedColumn[], data: readonly unknown[][]): Promise<ColumnChunk[]> {
    const bytes = new ByteWriter();
    const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)];
    const writer = new ParquetWriter({ writer: bytes, schema });
    const columnData: ColumnSource[] = columns.map(({ name }, index) => ({ name, data: data[index] ?? [] }));
    await writer.write({ columnData, rowGroupSize: data[0]?.length ?? 0 });
    const shift = BigInt(this.#offset - MAGIC.length);
    await this.#append(bytes.getBytes().subarray(MAGIC.length));
    return (writer.row_groups[0]?.columns ?? []).map((chunk) => shifted(chunk, shift));
  }

  /** Copies a column of another file as it is: whatever its type, encoding and compression, nothing is lost. */
  async copy(from: ParquetFile, chunk: ColumnChunk): Promise<ColumnChunk> {
    const { meta_data: description } = chunk;
    if (description === undefined) throw new Error('an encrypted column was let through');
    const { start, end } = bytesOf(description);
    const shift = BigInt(this.#offset - start);
    for (let at = start; at < end; at += COPY_BYTES) {
      await this.#append(new Uint8Array(await from.buffer.slice(at, Math.min(end, at + COPY_BYTES))));
    }
    return shifted(chunk, shift);
  }

  endGroup(columns: readonly ColumnChunk[], rows: number): void {
    const sum = (of: 'total_uncompressed_size' | 'total_compressed_size'): bigint =>
      columns.reduce((total, { meta_data: column }) => total + (column?.[of] ?? 0n), 0n);
    this.#groups.push({
      columns: [...columns],
      num_rows: BigInt(rows),
      total_byte_size: sum('total_uncompressed_size'),
      total_compressed_size: sum('total_compressed_size'),
    });
  }

  /** The footer; then the file is whole and on the disk. */
  async finish(
    schema: readonly SchemaElement[],
    version: number,
    keyValues: readonly KeyValue[] | undefined,
  ): Promise<void> {
    const footer = new ByteWriter();
    const metadata: Omit<FileMetaData, 'metadata_length'> = {
      version,
      schema: [...schema],
      num_rows: this.#groups.reduce((total, { num_rows: rows }) => total + rows, 0n),
      row_groups: this.#groups,
      created_by: 'verge',
      ...(keyValues === undefined ? {} : { key_value_metadata: [...keyValues] }),
    };
    writeMetadata(footer, metadata as FileMetaData); // its length is what the writer counts
    await this.#append(footer.getBytes());
    await this.#append(MAGIC);
    await this.#handle.datasync();
    await this.close();
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, this.#offset);
      written += bytesWritten;
      this.#offset += bytesWritten;
    }
  }
}

/** A column's description at its new place. Indexes and Bloom filters stay behind; of statistics only what is the same in any form. */
function shifted({ meta_data: column }: ColumnChunk, shift: bigint): ColumnChunk {
  if (column === undefined) throw new Error('an encrypted column was let through');
  const { bloom_filter_offset: _o, bloom_filter_length: _l, index_page_offset: _i, statistics, ...kept } = column;
  const { dictionary_page_offset: dictionary, data_page_offset: data } = column;
  const nulls = statistics?.null_count;
  return {
    file_offset: 0n, // the standard's word for "not used"
    meta_data: {
      ...kept,
      data_page_offset: data + shift,
      ...(dictionary ? { dictionary_page_offset: dictionary + shift } : {}),
      ...(nulls === undefined ? {} : { statistics: { null_count: nulls } }),
    },
  };
}
