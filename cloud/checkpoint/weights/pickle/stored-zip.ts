import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { VergeError } from '../../../../component/contract/error.ts';
import { checkpointErrors } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { quote } from '../../quote.ts';
import type { RangeFile } from '../../range-file.ts';

/** Where an entry's bytes stand in the file. */
export interface StoredRange {
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * The table of contents of a zip whose entries are stored as they are, as torch writes it.
 * @throws PICKLE_ZIP_BAD, PICKLE_ZIP_TOO_MANY
 */
export async function openStoredZip(file: RangeFile): Promise<StoredZip> {
  try {
    const zip = await fromRandomAccessReaderPromise(new RangeFileReader(file), file.sizeBytes, { lazyEntries: true });
    if (zip.entryCount > limits.zipEntries) {
      throw checkpointErrors.make(
        'PICKLE_ZIP_TOO_MANY',
        `${file.name} has ${zip.entryCount} entries, more than ${limits.zipEntries}`,
      );
    }
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) {
      if (entries.has(entry.fileName)) {
        throw checkpointErrors.make('PICKLE_ZIP_BAD', `${file.name} has the entry ${quote(entry.fileName)} twice`);
      }
      entries.set(entry.fileName, entry);
    }
    return new StoredZip(file, zip, entries);
  } catch (error) {
    throw zipError(file, error);
  }
}

/** Entries by name, and where their bytes stand. */
export class StoredZip {
  readonly #file: RangeFile;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(file: RangeFile, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#zip = zip;
    this.#entries = entries;
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Undefined where there is no such entry. @throws PICKLE_ZIP_COMPRESSED, PICKLE_ZIP_BAD */
  async range(name: string): Promise<StoredRange | undefined> {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
      throw checkpointErrors.make(
        'PICKLE_ZIP_COMPRESSED',
        `${this.#file.name} has ${quote(name)} compressed or encrypted`,
      );
    }
    try {
      const { fileDataStart: offset } = await this.#zip.readLocalFileHeaderPromise(entry, { minimal: true });
      if (entry.uncompressedSize !== entry.compressedSize || offset + entry.compressedSize > this.#file.sizeBytes) {
        throw checkpointErrors.make('PICKLE_ZIP_BAD', `${this.#file.name} has ${quote(name)} reaching past its end`);
      }
      return { offset, sizeBytes: entry.compressedSize };
    } catch (error) {
      throw zipError(this.#file, error);
    }
  }
}

/** yauzl reads through the descriptor that is already open. */
class RangeFileReader extends RandomAccessReader {
  readonly #file: RangeFile;

  constructor(file: RangeFile) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    if (position + length > this.#file.sizeBytes) {
      callback(new Error(`it points to byte ${position + length} of ${this.#file.sizeBytes}`));
      return;
    }
    try {
      this.#file.readInto(buffer.subarray(offset, offset + length), position);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    callback(null);
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null); // whoever opened the file closes it
  }
}

function zipError(file: RangeFile, error: unknown): unknown {
  if (error instanceof VergeError || !(error instanceof Error)) return error;
  return checkpointErrors.make('PICKLE_ZIP_BAD', `${file.name} is a damaged zip file: ${quote(error.message)}`, error);
}
