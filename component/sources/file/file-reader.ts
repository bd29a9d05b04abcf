import { stat } from 'node:fs/promises';
import { type Line, LineCutter } from './line-cutter.ts';
import { HEAD_BYTES, identityOf, type OpenFile, readHead } from './open-file.ts';
import type { Position } from './position.ts';
import { Progress } from './progress.ts';
import { MAX_LINE_BYTES } from './read-line.ts';

export interface FileReaderOptions {
  readonly file: OpenFile;
  /** Where the file was, and where another may be now. */
  readonly path: string;
  readonly offset: number;
  readonly head: Position['head'] | undefined;
  readonly signal: AbortSignal;
  /** Resolves when the line is answered for good; rejects where it stays unanswered. */
  readonly answer: (line: Line) => Promise<void>;
  readonly onProgress: () => void;
}

const CHUNK_BYTES = 64 * 1024;
const MAX_LINES_AT_ONCE = 256;
const EMPTY_HEAD = { sizeBytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };

/** Reads one file, from an offset on, for as long as it is the same. */
export class FileReader {
  readonly file: OpenFile;
  readonly #options: FileReaderOptions;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  readonly #progress: Progress;
  readonly #cutter: LineCutter;
  #head: Position['head'];

  constructor(options: FileReaderOptions) {
    this.#options = options;
    this.file = options.file;
    this.#head = options.head ?? EMPTY_HEAD;
    this.#progress = new Progress(options.offset, MAX_LINES_AT_ONCE, options.signal);
    this.#cutter = new LineCutter(options.offset, MAX_LINE_BYTES);
  }

  /** Everything before this is answered. */
  get offset(): number {
    return this.#progress.offset;
  }

  get head(): Position['head'] {
    return this.#head;
  }

  /**
   * Takes the next bytes, if there are any.
   * @returns `replaced`: nothing new, and another file has the name; `waiting`: nothing new
   */
  async look(): Promise<'read' | 'waiting' | 'truncated' | 'replaced'> {
    if (await this.#isTruncated()) return 'truncated';
    const { bytesRead } = await this.file.handle.read(this.#chunk, 0, CHUNK_BYTES, this.#cutter.offset);
    if (bytesRead === 0) return (await this.#isReplaced()) ? 'replaced' : 'waiting';
    for (const line of this.#cutter.push(this.#chunk.subarray(0, bytesRead))) await this.#take(line);
    if (this.#head.sizeBytes < HEAD_BYTES) this.#head = await readHead(this.file.handle, this.#cutter.offset);
    return 'read';
  }

  /** Takes a last line that nobody will end. */
  async finish(): Promise<void> {
    const line = this.#cutter.rest();
    if (line) await this.#take(line);
  }

  /** Resolves when every line is answered. */
  idle(): Promise<void> {
    return this.#progress.idle();
  }

  close(): Promise<void> {
    return this.file.handle.close();
  }

  async #take(line: Line): Promise<void> {
    await this.#progress.room();
    if (this.#options.signal.aborted) return;
    const done = this.#progress.begin(line.end);
    void this.#options.answer(line).then(
      () => {
        done();
        this.#options.onProgress();
      },
      () => undefined, // the position stays before it
    );
  }

  /** Shorter than what was read, or with another beginning: truncated, and perhaps written anew past where we were. */
  async #isTruncated(): Promise<boolean> {
    const { size } = await this.file.handle.stat();
    if (size < this.#cutter.offset) return true;
    const head = await readHead(this.file.handle, this.#head.sizeBytes);
    return head.sha256 !== this.#head.sha256;
  }

  async #isReplaced(): Promise<boolean> {
    const there = await stat(this.#options.path, { bigint: true }).catch(() => undefined);
    if (there === undefined) return false;
    const { device, inode } = identityOf(there);
    return device !== this.file.device || inode !== this.file.inode;
  }
}
