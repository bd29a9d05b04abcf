import { setTimeout as sleep } from 'node:timers/promises';
import { VergeError } from '../../contract/error.ts';
import { sourceErrors } from '../errors.ts';
import type { TextDesk } from '../text-desk.ts';
import { Alarm } from './alarm.ts';
import { FileReader } from './file-reader.ts';
import type { Line } from './line-cutter.ts';
import { findRotated, isSame, type OpenFile, openFile } from './open-file.ts';
import { type Position, readPosition, writePosition } from './position.ts';
import { readLine } from './read-line.ts';

type Trouble = 'reading' | 'answering' | 'keeping the position';

export interface FileSourceOptions {
  readonly path: string;
  readonly format: 'lines' | 'jsonl';
  readonly model: string | undefined;
  readonly pollMs: number;
  /** Where the position is kept. */
  readonly positionFile: string;
  readonly desk: Pick<TextDesk, 'open'>;
  readonly now: () => Date;
  /** Something that somebody should mend; told once until it is well again. */
  readonly onTrouble: (error: VergeError) => void;
}

/** The position is kept at most so often: a crash answers again what came since, under the same ids. */
const SAVE_MS = 200;
/** After a line could not be answered, such as on a full disk. */
const RETRY_MS = 1000;

/**
 * Texts from a file that others write to, line by line: across rotation by renaming, truncation and copy-and-truncate, from
 * where the last life of the runtime had come to. A line's id is made of its file and its place, so that one that is read
 * again is the same request again.
 */
export class FileSource {
  readonly #options: FileSourceOptions;
  readonly #stop = new AbortController();
  readonly #alarm: Alarm;
  #running: Promise<void> = Promise.resolve();
  #reader: FileReader | undefined;
  #generation = 0;
  #saved: string | undefined;
  #saving: Promise<void> = Promise.resolve();
  #saveTimer: NodeJS.Timeout | undefined;
  /** What was told and is not well yet. */
  readonly #troubles = new Map<Trouble, string>();

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.path, options.pollMs);
  }

  start(): void {
    this.#running = this.#follow();
  }

  /** Reads no more lines; those begun are finished by the desk. */
  stop(): void {
    this.#stop.abort();
    this.#alarm.close();
  }

  /** To be called when the desk is done: keeps the position. Safe to call twice. */
  async close(): Promise<void> {
    this.stop();
    await this.#running;
    clearTimeout(this.#saveTimer);
    await this.#save();
    await this.#reader?.close();
    this.#reader = undefined;
  }

  async #follow(): Promise<void> {
    const { path, positionFile } = this.#options;
    const position = await readPosition(positionFile, path);
    this.#generation = position?.generation ?? 0;
    let kept = position;
    let replacedAt: number | undefined;
    while (!this.#stop.signal.aborted) {
      try {
        this.#reader ??= await this.#open(kept);
        if (this.#reader) {
          kept = undefined;
          const state = await this.#reader.look();
          if (state !== 'replaced') replacedAt = undefined;
          if (state === 'truncated') await this.#leave('start-again');
          if (state === 'read' || state === 'truncated') continue;
          if (state === 'replaced') replacedAt ??= performance.now();
          // Whoever writes may have had the old file open for a moment longer than its name.
          if (replacedAt !== undefined && performance.now() - replacedAt >= this.#options.pollMs) {
            replacedAt = undefined;
            await this.#leave('next-file');
            continue;
          }
        }
        this.#troubles.delete('reading');
      } catch (error) {
        this.#tell('reading', error);
      }
      if (!this.#stop.signal.aborted) await this.#alarm.wait();
    }
  }

  /** Opens the file that the position is of, wherever it has been renamed to, or else the one that is there. */
  async #open(position: Position | undefined): Promise<FileReader | undefined> {
    const there = await openFile(this.#options.path);
    if (position !== undefined) {
      if (there && (await isSame(there, position))) return this.#read(there, position);
      const rotated = await findRotated(position);
      if (rotated) {
        await there?.handle.close();
        return this.#read(rotated, position);
      }
    }
    if (there === undefined) return undefined;
    this.#generation++;
    return this.#begin(there);
  }

  /** A file, or what was written into it after a truncation, that was not seen before: known on disk before its first text. */
  async #begin(file: OpenFile): Promise<FileReader> {
    const reader = this.#read(file, undefined);
    this.#reader = reader;
    await this.#save();
    return reader;
  }

  #read(file: OpenFile, position: Position | undefined): FileReader {
    const generation = this.#generation;
    return new FileReader({
      file,
      path: this.#options.path,
      offset: position?.offset ?? 0,
      head: position?.head,
      signal: this.#stop.signal,
      answer: (line) => this.#answer(line, `f${file.inode}.${generation}@${line.start}`),
      onProgress: () => this.#scheduleSave(),
    });
  }

  /** Finishes with a file, or with what it held before it was truncated. */
  async #leave(why: 'next-file' | 'start-again'): Promise<void> {
    const reader = this.#reader;
    if (reader === undefined) return;
    if (why === 'next-file') await reader.finish();
    await reader.idle();
    if (this.#stop.signal.aborted) return;
    if (why === 'start-again') {
      this.#generation++;
      await this.#begin(reader.file);
    } else {
      this.#reader = undefined;
      await reader.close();
    }
  }

  async #answer(line: Line, id: string): Promise<void> {
    const { desk, format, model, now } = this.#options;
    const text = readLine(line, format, id);
    if (text === undefined) return;
    const observedAt = now();
    for (;;) {
      try {
        const request = await desk.open(text instanceof VergeError ? model : (text.model ?? model));
        try {
          if (text instanceof VergeError) await request.refuse(id, observedAt, text);
          else await (await request.take(text, observedAt)).ended;
        } finally {
          request.close();
        }
        this.#troubles.delete('answering');
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) throw error; // the line comes again with the next life
        this.#tell('answering', error);
        await sleep(RETRY_MS, undefined, { signal: this.#stop.signal });
      }
    }
  }

  #scheduleSave(): void {
    this.#saveTimer ??= setTimeout(() => {
      this.#saveTimer = undefined;
      void this.#save();
    }, SAVE_MS).unref();
  }

  #save(): Promise<void> {
    const { path, positionFile } = this.#options;
    this.#saving = this.#saving.then(async () => {
      const reader = this.#reader;
      if (reader === undefined) return;
      const { device, inode } = reader.file;
      const { offset, head } = reader;
      const position: Position = {
        schemaVersion: 1,
        path,
        device,
        inode,
        generation: this.#generation,
        offset,
        head,
      };
      const text = JSON.stringify(position);
      if (text === this.#saved) return;
      try {
        await writePosition(positionFile, position);
        this.#saved = text;
        this.#troubles.delete('keeping the position');
      } catch (error) {
        this.#tell('keeping the position', error);
      }
    });
    return this.#saving;
  }

  #tell(trouble: Trouble, error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    if (this.#stop.signal.aborted || this.#troubles.get(trouble) === words) return;
    this.#troubles.set(trouble, words);
    const what = `${trouble} fails for followFile ${this.#options.path} (${words})`;
    this.#options.onTrouble(sourceErrors.make('SOURCE_FILE', what, error));
  }
}
