import { type FileHandle, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Release, takeName } from '../../component/disk/name-lock.ts';
import { syncFile, syncFolder } from '../../component/disk/sync.ts';
import type { Position } from '../dataset/rows/row.ts';
import { batchErrors } from './errors.ts';

/** What has been done of one output, as a line of its journal says it. */
export interface Committed {
  readonly position: Position;
  /** Bytes of the partial file up to here; what stands behind them is of a commit that did not come to its end. */
  readonly bytes: number;
  /** In the last line, when every row is answered: the names of the columns that were added. */
  readonly columns?: readonly string[];
}

/** Files that stand beside an output while it is made. They are hidden, so that no folder or glob takes them for input. */
export interface WorkFiles {
  /** Rows answered so far, as they will stand in the output or as it is put together from them. */
  readonly partial: string;
  readonly journal: string;
  /** The output as it is put together. */
  readonly assembled: string;
  /** An input that was fetched; its kind stands behind. */
  readonly fetched: string;
}

const NOTHING: Committed = { position: { rows: 0, offset: 0, line: 0 }, bytes: 0 };
/** A journal has a line for each few thousand rows. */
const MAX_JOURNAL_BYTES = 256 * 1024 * 1024;

export function workFilesOf(out: string): WorkFiles {
  const beside = (what: string): string => path.join(path.dirname(out), `.${path.basename(out)}.verge-${what}`);
  return {
    partial: beside('partial'),
    journal: beside('journal'),
    assembled: beside('assembled'),
    fetched: beside('fetched'),
  };
}

/** One output being made: rows are appended and committed, chunk by chunk. */
export class Work {
  readonly files: WorkFiles;
  /** What had been done when it was opened. */
  readonly before: Committed;
  readonly #out: string;
  readonly #partial: FileHandle;
  readonly #journal: FileHandle;
  #bytes: number;

  private constructor(out: string, files: WorkFiles, before: Committed, partial: FileHandle, journal: FileHandle) {
    this.#out = out;
    this.files = files;
    this.before = before;
    this.#partial = partial;
    this.#journal = journal;
    this.#bytes = before.bytes;
  }

  /**
   * Opens the work on an output, at what a former run has committed where that was the same work.
   * @param identity all that the output depends on; other work begins anew
   */
  static async open(out: string, identity: string): Promise<Work> {
    const files = workFilesOf(out);
    const committed = await readJournal(files, identity);
    // Of work that was ended, and whose output has been taken away since, nothing is left to go on with.
    const before = (await exists(files.partial)) ? committed : NOTHING;
    const partial = await open(files.partial, before === NOTHING ? 'w' : 'r+').catch((error: unknown) => {
      throw unwritable(out, error);
    });
    try {
      await partial.truncate(before.bytes);
      await rm(files.assembled, { force: true }); // beside a partial file it isn't whole
      const journal = await open(files.journal, before === NOTHING ? 'w' : 'a');
      if (before === NOTHING) await journal.appendFile(`${JSON.stringify({ identity })}\n`);
      return new Work(out, files, before, partial, journal);
    } catch (error) {
      await partial.close();
      throw error;
    }
  }

  /** Appends rows, sees them on the disk, and only then says so in the journal. @param columns with the last rows alone */
  async commit(content: string, position: Position, columns?: readonly string[]): Promise<void> {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#partial.write(bytes, written, bytes.length - written, this.#bytes + written);
      written += bytesWritten;
    }
    this.#bytes += bytes.length;
    if (bytes.length > 0) await this.#partial.datasync();
    const line: Committed = { position, bytes: this.#bytes, ...(columns ? { columns } : {}) };
    await this.#journal.appendFile(`${JSON.stringify(line)}\n`);
    await this.#journal.datasync();
  }

  /**
   * Gives the output its name, in one rename. Of a kill on the way there is one trace: the partial file goes when what was
   * assembled of it is whole.
   * @param assemble makes it of the partial file, where it isn't it already
   */
  async finish(assemble: ((partial: string, target: string) => Promise<void>) | undefined): Promise<void> {
    if (assemble) {
      await assemble(this.files.partial, this.files.assembled);
      await syncFile(this.files.assembled);
      await rm(this.files.partial, { force: true });
      await rename(this.files.assembled, this.#out);
    } else {
      await rename(this.files.partial, this.#out);
    }
    await syncFolder(path.dirname(this.#out));
  }

  async close(): Promise<void> {
    await this.#partial.close();
    await this.#journal.close();
  }
}

/**
 * What a former run of the same work did, where it came to its end and its journal is still there. An output that was whole and
 * had no name yet gets it.
 */
export async function findFinished(out: string, identity: string): Promise<Committed | undefined> {
  const files = workFilesOf(out);
  const committed = await readJournal(files, identity);
  if (committed.columns === undefined || (await exists(files.partial))) return undefined;
  if (await exists(files.assembled)) await rename(files.assembled, out);
  return (await exists(out)) ? committed : undefined;
}

/** True where work on it was begun and not ended, whatever work it was. */
export async function isBegun(out: string): Promise<boolean> {
  return exists(workFilesOf(out).journal);
}

/** What was kept for going on is no longer needed. */
export async function forget(out: string): Promise<void> {
  for (const file of Object.values(workFilesOf(out))) await rm(file, { force: true });
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Keeps an output to this process. @throws VergeError BATCH_OUT_BUSY, BATCH_INPUTS_MANY */
export async function lockOutput(out: string): Promise<Release> {
  const folder = path.dirname(path.resolve(out));
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unwritable(out, error);
  });
  const name = path.join(await realpath(folder), path.basename(out));
  const release = await takeName('batch', name).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EMFILE')) throw error;
    throw batchErrors.make('BATCH_INPUTS_MANY', 'There are more inputs than this process may have files open', error);
  });
  if (release) return release;
  throw batchErrors.make('BATCH_OUT_BUSY', `Another process is writing ${out}`);
}

async function readJournal({ journal, partial }: WorkFiles, identity: string): Promise<Committed> {
  const info = await stat(journal).catch(() => undefined);
  if (info === undefined || info.size > MAX_JOURNAL_BYTES) return NOTHING;
  // What stands behind the last line break was being written when the process ended.
  const [head = '', ...lines] = (await readFile(journal, 'utf8')).split('\n').slice(0, -1);
  if (head !== JSON.stringify({ identity })) return NOTHING;
  const last = lines.at(-1);
  if (last === undefined) return NOTHING;
  const committed = JSON.parse(last) as Committed; // our own line, whole
  const size = await stat(partial).then(
    (found) => found.size,
    () => undefined,
  );
  // A partial file that lost what the journal says is of no use; without one, the output has its name already.
  if (size === undefined ? committed.columns === undefined : size < committed.bytes) return NOTHING;
  return committed;
}

/** What the file system says, as a sentence; a full disk is told elsewhere. */
function unwritable(out: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error) || error.code === 'ENOSPC') return error;
  return batchErrors.make('BATCH_OUT_UNWRITABLE', `${out} cannot be written (${error.message})`, error);
}
