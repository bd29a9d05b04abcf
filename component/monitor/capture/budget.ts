import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** What may leave, at most. */
export interface CaptureLimits {
  readonly perHour: number;
  readonly bytesPerDay: number;
}

/** Why a sample was not sent. */
export type BudgetObjection = 'rate' | 'bytes';

/**
 * Of each limit a quarter may go at once and three quarters come in over its period, so that no hour and no day, wherever
 * it begins, sees more than the limit.
 */
const BURST_SHARE = 1 / 4;

const keptSchema = z.object({
  schemaVersion: z.literal(1),
  at: z.number(),
  samples: z.number().min(0),
  bytes: z.number().min(0),
});

/**
 * Two token buckets in a small file, so that a restart fills neither. It is written after each change, without a forced
 * write: a power cut may give back what the last seconds took. A file that is not there or damaged means full buckets.
 */
export class CaptureBudget {
  readonly #file: string;
  readonly #now: () => number;
  #samples: number;
  #bytes: number;
  #at: number;
  #writing: Promise<void> | undefined;
  #changed = false;

  /** @param now milliseconds of the epoch; after a jump back nothing comes in until the clock is there again, or is set right by a day */
  constructor(file: string, now: () => number) {
    this.#file = file;
    this.#now = now;
    const kept = readKept(file);
    this.#samples = kept?.samples ?? Number.POSITIVE_INFINITY; // cut to the burst at the first look
    this.#bytes = kept?.bytes ?? Number.POSITIVE_INFINITY;
    this.#at = kept?.at ?? now();
  }

  /** Takes one sample of that size out of both buckets, or neither. */
  take(sizeBytes: number, limits: CaptureLimits): BudgetObjection | undefined {
    this.#fill(limits);
    if (this.#samples < 1) return 'rate';
    if (this.#bytes < sizeBytes) return 'bytes';
    this.#samples--;
    this.#bytes -= sizeBytes;
    this.#keep();
    return undefined;
  }

  /** Resolves when the file holds what is true. */
  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #fill({ perHour, bytesPerDay }: CaptureLimits): void {
    const now = this.#now();
    if (now < this.#at - DAY_MS) this.#at = now; // the clock was far ahead and has been set right
    const passedMs = Math.max(0, now - this.#at);
    this.#at = Math.max(now, this.#at);
    this.#samples = filled(this.#samples, passedMs / HOUR_MS, perHour);
    this.#bytes = filled(this.#bytes, passedMs / DAY_MS, bytesPerDay);
  }

  #keep(): void {
    this.#changed = true;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    while (this.#changed) {
      this.#changed = false;
      const kept = { schemaVersion: 1, at: this.#at, samples: this.#samples, bytes: this.#bytes };
      try {
        await writeFile(`${this.#file}.new`, JSON.stringify(kept), { mode: 0o600 });
        await rename(`${this.#file}.new`, this.#file);
      } catch {
        // a full or read-only disk: the bounds hold until the next start
      }
    }
    this.#writing = undefined;
  }
}

function filled(tokens: number, periods: number, limit: number): number {
  return Math.min(limit * BURST_SHARE, tokens + periods * limit * (1 - BURST_SHARE));
}

function readKept(file: string): z.infer<typeof keptSchema> | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
