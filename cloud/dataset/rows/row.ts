/** One row of a file of texts, with everything else that stands in it. */
export interface Row {
  readonly text: string;
  /** Several labels of a multi-label text are separated by `|`. */
  readonly label?: string;
  /** Names of all columns, the text's among them. Rows of a table share one list. */
  readonly names: readonly string[];
  /** A value for each name: strings in a table; whatever JSON or Parquet holds elsewhere. */
  readonly cells: readonly unknown[];
  /** The object as it was written, where the file is JSON Lines: numbers stay what they are. */
  readonly source?: string;
}

/** Where reading goes on. It is plain data, so that it can be kept. */
export interface Position {
  /** Rows before it. */
  readonly rows: number;
  /** Bytes before it; of a Parquet file the rows. */
  readonly offset: number;
  /** Lines before it; of a Parquet file the rows. */
  readonly line: number;
}

export interface Chunk {
  readonly rows: readonly Row[];
  /** Behind the last of the rows. */
  readonly next: Position;
}

/** A file of texts that is read piece by piece, so that memory does not grow with it. */
export interface RowReader {
  /** Undefined where each row has its own. */
  readonly columns: readonly string[] | undefined;
  /** How much of the file stands before a position, from 0 to 1. */
  shareBefore(position: Position): number;
  /** @throws VergeError DATASET_… with the file and the row */
  read(from?: Position): AsyncGenerator<Chunk>;
  close(): Promise<void>;
}

export interface ReadOptions {
  /** Name of the column of the texts. Default: `text`, in any case. */
  readonly column?: string | undefined;
  /** Name of the column of the labels, where there is one. Default: `label`, in any case. */
  readonly labelColumn?: string | undefined;
  /** Parquet alone: read no columns but text and label. */
  readonly textOnly?: boolean;
}

/** Rows are handed over in pieces of so many, or of so many characters where that is sooner. */
export const MAX_CHUNK_ROWS = 1024;
export const MAX_CHUNK_UNITS = 1024 * 1024;
/** A text over this is a document, not a message; it would be cut by every model anyway. */
export const MAX_TEXT_UNITS = 1_000_000;
/** A row over this is taken for a file that is not what it says. */
export const MAX_ROW_BYTES = 16 * 1024 * 1024;
/** No table of people has more. */
export const MAX_COLUMNS = 10_000;

/** Gathers rows to chunks. */
export class ChunkMaker {
  #rows: Row[] = [];
  #units = 0;

  get isFull(): boolean {
    return this.#rows.length >= MAX_CHUNK_ROWS || this.#units >= MAX_CHUNK_UNITS;
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** @param units characters of the whole row */
  add(row: Row, units: number): void {
    this.#rows.push(row);
    this.#units += units;
  }

  take(next: Position): Chunk {
    const rows = this.#rows;
    this.#rows = [];
    this.#units = 0;
    return { rows, next };
  }
}
