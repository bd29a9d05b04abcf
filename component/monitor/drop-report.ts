import type { Dropped } from '../outbox/message-store.ts';

/** A full outbox drops again and again; one event tells of all that fell within this time. */
const GATHER_MS = 10_000;

export type DropReason = 'full' | 'refused';

/** Gathers what the outbox had to throw away, so that telling of it does not fill the outbox further. */
export class DropReport {
  readonly #report: (items: number, reason: DropReason) => void;
  readonly #items: Record<DropReason, number> = { full: 0, refused: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor(report: (items: number, reason: DropReason) => void) {
    this.#report = report;
  }

  add({ items }: Dropped, reason: DropReason): void {
    this.#items[reason] += items;
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }

  /** Tells of what has gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const reason of ['full', 'refused'] as const) {
      const items = this.#items[reason];
      this.#items[reason] = 0;
      if (items > 0) this.#report(items, reason);
    }
  }
}
