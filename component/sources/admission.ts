/** How many texts may be with the engine at once; more wait here, in the order in which they came. */
export class Admission {
  readonly limit: number;
  readonly #waiting: (() => void)[] = [];
  #held = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Texts that were let in and are not answered yet. */
  get held(): number {
    return this.#held;
  }

  /** Resolves when there is room, which then is taken until `leave`. */
  async enter(): Promise<void> {
    if (this.#held < this.limit) this.#held++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Takes room for so many at once, or none: whoever waits goes first. */
  tryEnter(count: number): boolean {
    if (this.#waiting.length > 0 || this.#held + count > this.limit) return false;
    this.#held += count;
    return true;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#held--;
    else next(); // the room passes on
  }
}
