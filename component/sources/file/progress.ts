/** Lines that are being answered, in the order of the file: the position moves over them in that order alone. */
export class Progress {
  readonly #limit: number;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<() => void>();
  #lines: { readonly end: number; done: boolean }[] = [];
  #offset: number;

  /**
   * @param limit lines at once; more wait
   * @param signal nobody waits any longer
   */
  constructor(offset: number, limit: number, signal: AbortSignal) {
    this.#offset = offset;
    this.#limit = limit;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Everything before this is answered. */
  get offset(): number {
    return this.#offset;
  }

  /** Resolves when there is room for another line. */
  async room(): Promise<void> {
    while (this.#lines.length >= this.#limit && !this.#signal.aborted) await this.#next();
  }

  /** Resolves when no line is left. */
  async idle(): Promise<void> {
    while (this.#lines.length > 0 && !this.#signal.aborted) await this.#next();
  }

  /** Begins a line; to be called when it is answered. */
  begin(end: number): () => void {
    const line = { end, done: false };
    this.#lines.push(line);
    return () => {
      line.done = true;
      const left = this.#lines.findIndex(({ done }) => !done);
      const passed = left < 0 ? this.#lines.length : left;
      this.#offset = this.#lines[passed - 1]?.end ?? this.#offset;
      this.#lines = this.#lines.slice(passed);
      this.#wake();
    };
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Whoever waits looks again then whether there is still reason to. */
  #next(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }
}
