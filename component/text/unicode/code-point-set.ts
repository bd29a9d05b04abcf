/** A set of code points, made of ranges as `reference-tables.ts` writes them; looked up by halving. */
export class CodePointSet {
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;

  /** @param ranges hexadecimal, separated by blanks, in rising order: `41 61-7a` */
  constructor(ranges: string) {
    const pairs = ranges.split(' ').map((range) => range.split('-').map((part) => Number.parseInt(part, 16)));
    this.#starts = Uint32Array.from(pairs, ([start = 0]) => start);
    this.#ends = Uint32Array.from(pairs, ([start = 0, end = start]) => end);
  }

  has(codePoint: number): boolean {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (codePoint < (this.#starts[middle] ?? 0)) high = middle - 1;
      else if (codePoint > (this.#ends[middle] ?? 0)) low = middle + 1;
      else return true;
    }
    return false;
  }
}
