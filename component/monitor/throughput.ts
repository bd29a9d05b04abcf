const SECONDS = 60;

/** Texts in a second over the last minute, or since the start where that is shorter. */
export class Throughput {
  readonly #counts = new Float64Array(SECONDS);
  readonly #clock: () => number;
  readonly #start: number;
  #second: number;

  /** @param clock milliseconds that only go forward */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#start = clock();
    this.#second = secondOf(this.#start);
  }

  add(): void {
    this.#advance();
    const slot = this.#second % SECONDS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  perSecond(): number {
    this.#advance();
    const seconds = Math.min(SECONDS, Math.max(1, (this.#clock() - this.#start) / 1000));
    return this.#counts.reduce((sum, count) => sum + count, 0) / seconds;
  }

  /** Empties the seconds that have passed since anybody looked. */
  #advance(): void {
    const second = secondOf(this.#clock());
    const passed = Math.min(SECONDS, second - this.#second);
    for (let step = 1; step <= passed; step++) this.#counts[(this.#second + step) % SECONDS] = 0;
    this.#second = second;
  }
}

function secondOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
