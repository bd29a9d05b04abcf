import { setTimeout as sleep } from 'node:timers/promises';
import { type Letter, lettersOf } from './letter.ts';
import type { LetterFile } from './letter-file.ts';
import type { SinkObserver } from './observer.ts';
import { letterRow } from './rows/row-of.ts';
import { byTable, type Row, RowRefused, type Store } from './store.ts';

export interface WriterOptions {
  readonly store: Store;
  readonly letterFile: LetterFile;
  readonly observer: SinkObserver;
  /** A database that is away for so long is not waited for: what comes is put into the letter file. Infinity: for ever. */
  readonly outageMs: number;
  readonly signal: AbortSignal;
  readonly now?: () => number;
  /** The shortest wait between two tries; it doubles up to `MAX_WAIT_MS`. */
  readonly waitMs?: number;
}

const MIN_WAIT_MS = 100;
const MAX_WAIT_MS = 5000;

/**
 * Sees to it that rows are committed, or kept as dead letters. When `write` resolves, each of its rows is in its table, or its
 * message is in the table of dead letters or in their file.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #now: () => number;
  readonly #minWaitMs: number;
  /** Since when the database has been away, and when it is asked again. */
  #away: { readonly sinceMs: number; nextTryMs: number; waitMs: number } | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#minWaitMs = options.waitMs ?? MIN_WAIT_MS;
  }

  /** @throws the signal's reason where it is aborted while rows wait; they are then not kept */
  async write(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    for (;;) {
      const outcome = await this.#try(rows);
      if (outcome === 'done') return;
      if (outcome instanceof RowRefused) return this.#bisect(rows, outcome);
      if (await this.#putAside(rows, outcome.message)) return;
      await this.#wait();
    }
  }

  /** One transaction, unless it is not time yet to ask a database that is away. */
  async #try(rows: readonly Row[]): Promise<'done' | Error> {
    const { store, observer } = this.#options;
    const away = this.#away;
    if (away && this.#now() < away.nextTryMs) return new Error('the database is away');
    const began = performance.now();
    try {
      const inserted = await store.commit(rows);
      observer.transaction?.(rows.length, (performance.now() - began) / 1000);
      for (const [table, group] of byTable(rows)) {
        observer.committed?.(table, inserted.get(table) ?? 0, group.length);
      }
      const letters = rows.flatMap(({ letter }) => (letter ? [letter] : []));
      if (letters.length > 0) observer.letters?.(letters, 'table');
      this.#isBack();
      return 'done';
    } catch (error) {
      if (error instanceof RowRefused) {
        this.#isBack();
        return error;
      }
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#isAway(failure.message);
      return failure;
    }
  }

  /** The half with the row that is refused is halved again, so that only that row is left over. */
  async #bisect(rows: readonly Row[], refusal: RowRefused): Promise<void> {
    const [only, second] = rows;
    if (only !== undefined && second === undefined) return this.#refuse(only, refusal);
    const middle = rows.length >> 1;
    await this.write(rows.slice(0, middle));
    await this.write(rows.slice(middle));
  }

  async #refuse(row: Row, refusal: RowRefused): Promise<void> {
    if (row.letter) return this.#keepInFile([row.letter]);
    if (row.original === undefined) {
      this.#options.observer.lettersWaiting?.(`a note in ${row.table} was refused and left out (${refusal.message})`);
      return;
    }
    const letter: Letter = {
      original: row.original,
      code: 'SINK_ROW_REFUSED',
      message: `the database refused the row (${refusal.message})`,
      part: row.part,
      receivedAtMs: this.#now(),
    };
    await this.write([letterRow(letter)]);
  }

  /** After a long outage: into the file. False where it isn't time, or the file takes nothing either. */
  async #putAside(rows: readonly Row[], reason: string): Promise<boolean> {
    const { letterFile, observer, outageMs } = this.#options;
    if (this.#away === undefined || this.#now() - this.#away.sinceMs < outageMs) return false;
    const message = `the database had been away for ${Math.round(outageMs / 1000)} s (${reason})`;
    const letters = lettersOf(rows, { code: 'SINK_DATABASE_AWAY', message, receivedAtMs: this.#now() });
    try {
      await letterFile.add(letters);
    } catch (error) {
      observer.lettersWaiting?.(error instanceof Error ? error.message : String(error));
      return false;
    }
    observer.letters?.(letters, 'file');
    return true;
  }

  async #keepInFile(letters: readonly Letter[]): Promise<void> {
    const { letterFile, observer, signal } = this.#options;
    for (;;) {
      try {
        await letterFile.add(letters);
        observer.letters?.(letters, 'file');
        return;
      } catch (error) {
        observer.lettersWaiting?.(error instanceof Error ? error.message : String(error));
        await sleep(MAX_WAIT_MS, undefined, { signal });
      }
    }
  }

  async #wait(): Promise<void> {
    const waitMs = Math.max(0, (this.#away?.nextTryMs ?? 0) - this.#now());
    await sleep(waitMs, undefined, { signal: this.#options.signal });
  }

  #isAway(reason: string): void {
    const nowMs = this.#now();
    const away = this.#away ?? { sinceMs: nowMs, nextTryMs: 0, waitMs: this.#minWaitMs / 2 };
    away.waitMs = Math.min(MAX_WAIT_MS, away.waitMs * 2);
    away.nextTryMs = nowMs + away.waitMs;
    this.#away = away;
    this.#options.observer.database?.(reason);
  }

  #isBack(): void {
    if (this.#away === undefined) return;
    this.#away = undefined;
    this.#options.observer.database?.(undefined);
  }
}
