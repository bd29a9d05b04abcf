import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFile } from '../../../component/disk/sync.ts';
import type { DuckdbStore } from './store.ts';

const HOUR_MS = 3_600_000;
const TRY_AGAIN_MS = 60_000;
const TABLES = ['results', 'health', 'statistics', 'events', 'samples', 'dead_letters'];

/**
 * The tables as Parquet, one file for each hour in which rows came: `results/date=2026-05-04/hour=09/part.parquet`. A file that
 * was written after its hour is whole and stays as it is; that of the hour that runs is written at the end and replaced
 * later. Each appears in one rename.
 */
export class ParquetFolder {
  readonly #store: DuckdbStore;
  readonly #folder: string;
  readonly #onFailure: (reason: string) => void;
  /** Hours before this one are written. */
  #writtenToMs = 0;
  #nextTryMs = 0;

  constructor(store: DuckdbStore, folder: string, onFailure: (reason: string) => void) {
    this.#onFailure = onFailure;
    this.#store = store;
    this.#folder = folder;
  }

  /** Writes the hours that are over; what fails is told, and tried again later. To be called between two transactions, since rows of an hour must not come after it. */
  async writeDue(nowMs: number): Promise<void> {
    const hourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
    if (hourMs <= this.#writtenToMs || nowMs < this.#nextTryMs) return;
    try {
      await this.#write(hourMs);
      this.#writtenToMs = hourMs;
    } catch (error) {
      this.#nextTryMs = nowMs + TRY_AGAIN_MS;
      this.#onFailure(wordsOf(error));
    }
  }

  /** Writes all, the hour that runs included. */
  async writeAll(): Promise<void> {
    try {
      await this.#write(Number.POSITIVE_INFINITY);
    } catch (error) {
      this.#onFailure(wordsOf(error));
    }
  }

  async #write(beforeMs: number): Promise<void> {
    for (const table of TABLES) {
      const since = `received_at >= make_timestamptz(${this.#writtenToMs * 1000})`;
      const rows = await this.#store.run(
        `select distinct epoch_ms(date_trunc('hour', received_at)) as hour from ${table} where ${since} order by 1`,
      );
      for (const row of rows) {
        const hourMs = Number(row.hour);
        if (hourMs < beforeMs) await this.#writeHour(table, hourMs);
      }
    }
  }

  async #writeHour(table: string, hourMs: number): Promise<void> {
    const instant = new Date(hourMs).toISOString();
    const folder = path.join(this.#folder, table, `date=${instant.slice(0, 10)}`, `hour=${instant.slice(11, 13)}`);
    const file = path.join(folder, 'part.parquet');
    if (await wasWrittenAfter(file, hourMs + HOUR_MS)) return;
    await mkdir(folder, { recursive: true });
    const half = `${file}.half`;
    const [from, to] = [hourMs, hourMs + HOUR_MS].map((ms) => `make_timestamptz(${ms * 1000})`);
    await this.#store.run(
      `copy (select * from ${table} where received_at >= ${from} and received_at < ${to} order by received_at)
        to '${half.replaceAll("'", "''")}' (format parquet, compression zstd)`,
    );
    await syncFile(half);
    await rename(half, file);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function wasWrittenAfter(file: string, ms: number): Promise<boolean> {
  try {
    return (await stat(file)).mtimeMs >= ms;
  } catch {
    return false;
  }
}
