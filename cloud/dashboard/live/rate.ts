const SECONDS = 10;

/** How many came in a second, over the last ten whole seconds or since the start. */
export class Rate {
  readonly #startedMs: number;
  readonly #counts = new Map<number, number>();

  constructor(nowMs: number) {
    this.#startedMs = nowMs;
  }

  add(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
    if (this.#counts.size > SECONDS + 2) this.#counts.delete(this.#counts.keys().next().value ?? 0);
  }

  perSecond(nowMs: number): number {
    const now = Math.floor(nowMs / 1000);
    let sum = 0;
    for (const [second, count] of this.#counts) if (second < now && second >= now - SECONDS) sum += count;
    return sum / Math.min(SECONDS, Math.max(1, now - Math.floor(this.#startedMs / 1000)));
  }
}
