import type { ColumnMetaData, Compressors, DataPageHeader, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { getSchemaPath } from 'hyparquet/src/schema.js';
import { checkPage, type PageFinding } from './check-runs.ts';
import { bytesOf, invalid, MAX_GROUP_BYTES, type ParquetFile, wordsOf } from './open-parquet.ts';

/**
 * Walks over the headers of a column's pages before anything is unpacked, since memory is taken by what they say.
 * @returns bytes of the pages when they are unpacked
 * @throws VergeError DATASET_PARQUET_INVALID
 */
export async function checkPages(
  file: ParquetFile,
  column: ColumnMetaData,
  compressors: Compressors,
  place: string,
): Promise<number> {
  const { start, end } = bytesOf(column);
  if (end - start > MAX_GROUP_BYTES) throw tooLarge(place, end - start);
  const bytes = await file.buffer.slice(start, end);
  const reader = { view: new DataView(bytes), offset: 0 };
  let [unpacked, values] = [0, 0];
  while (reader.offset < bytes.byteLength && values < Number(column.num_values)) {
    const header = readHeader(reader, place);
    const { compressed_page_size: packed, uncompressed_page_size: plain } = header;
    if (!(packed >= 0) || reader.offset + packed > bytes.byteLength) {
      throw invalid(
        `${place} has a page that says it has ${packed} bytes, and ${bytes.byteLength - reader.offset} are left`,
      );
    }
    unpacked += plain;
    if (!(plain >= 0)) throw invalid(`${place} has a page that says it has ${plain} bytes unpacked`);
    if (unpacked > MAX_GROUP_BYTES) throw tooLarge(place, unpacked);
    const count = valuesOf(header);
    if (header.type !== 'DICTIONARY_PAGE' && values + count > Number(column.num_values)) {
      throw invalid(`${place} says that it has ${column.num_values} values, and its pages say ${values + count}`);
    }
    if (header.type === 'DICTIONARY_PAGE' ? !(count >= 0 && count <= plain) : !(count >= 0)) {
      throw invalid(`${place} has a page of ${plain} bytes that says it has ${count} values`);
    }
    if (header.type !== 'DICTIONARY_PAGE') {
      values += count;
      const page = new Uint8Array(bytes, reader.offset, packed);
      const finding = findingOf(header, page, { file, column, compressors }, place);
      if (finding.wrong !== undefined) throw invalid(`${place} has ${finding.wrong}`);
      unpacked += finding.bytes ?? 0;
      if (unpacked > MAX_GROUP_BYTES) throw tooLarge(place, unpacked);
    }
    reader.offset += packed;
  }
  if (values !== Number(column.num_values)) {
    throw invalid(`${place} says that it has ${column.num_values} values, and its pages say ${values}`);
  }
  return unpacked;
}

interface Around {
  readonly file: ParquetFile;
  readonly column: ColumnMetaData;
  readonly compressors: Compressors;
}

function findingOf(header: PageHeader, page: Uint8Array, around: Around, place: string): PageFinding {
  const { file, column, compressors } = around;
  try {
    const path = getSchemaPath(file.metadata.schema, column.path_in_schema);
    return checkPage(header, page, { path, codec: column.codec, compressors });
  } catch (error) {
    throw invalid(`${place} has a page that cannot be unpacked (${wordsOf(error)})`, error);
  }
}

function readHeader(reader: { view: DataView; offset: number }, place: string): PageHeader {
  try {
    return parquetHeader(reader);
  } catch (error) {
    throw invalid(`${place} has a page whose header cannot be read (${wordsOf(error)})`, error);
  }
}

function valuesOf(header: PageHeader): number {
  const head: Pick<DataPageHeader, 'num_values'> | undefined =
    header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
  return head?.num_values ?? 0;
}

function tooLarge(place: string, bytes: number): Error {
  return invalid(
    `${place} has ${bytes} bytes or more unpacked, over ${MAX_GROUP_BYTES}: write the file with smaller row groups`,
  );
}
