import type { Dropped, DropReason, KeptStream } from '../outbox/message-store.ts';

/** A full outbox drops again and again; one event tells of all that fell within this time. */
const GATHER_MS = 10_000;

/** What was dropped of one stream for one reason. */
export interface DropSum {
  readonly stream: KeptStream;
  readonly reason: DropReason;
  readonly items: number;
}

/** Gathers what the outbox had to throw away, so that telling of it does not fill the outbox further. */
export class DropReport {
  readonly #report: (sum: DropSum) => void;
  #sums = new Map<string, DropSum>();
  #timer: NodeJS.Timeout | undefined;

  constructor(report: (sum: DropSum) => void) {
    this.#report = report;
  }

  add({ stream, reason, items }: Dropped): void {
    const key = `${stream} ${reason}`;
    this.#sums.set(key, { stream, reason, items: items + (this.#sums.get(key)?.items ?? 0) });
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }

  /** Tells of what has gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const sums = this.#sums;
    this.#sums = new Map();
    for (const sum of sums.values()) if (sum.items > 0) this.#report(sum);
  }
}
