/** A set of code points, made of ranges as `reference-tables.ts` writes them; read when first asked, looked up by halving. */
export class CodePointSet {
  #starts: Uint32Array | undefined;
  #ends: Uint32Array = new Uint32Array();
  readonly #ranges: string;

  /** @param ranges hexadecimal, separated by blanks, in rising order: `41 61-7a` */
  constructor(ranges: string) {
    this.#ranges = ranges;
  }

  has(codePoint: number): boolean {
    const starts = this.#starts ?? this.#read();
    let low = 0;
    let high = starts.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (codePoint < (starts[middle] ?? 0)) high = middle - 1;
      else if (codePoint > (this.#ends[middle] ?? 0)) low = middle + 1;
      else return true;
    }
    return false;
  }

  #read(): Uint32Array {
    const pairs = this.#ranges.split(' ').map((range) => range.split('-').map((part) => Number.parseInt(part, 16)));
    this.#ends = Uint32Array.from(pairs, ([start = 0, end = start]) => end);
    this.#starts = Uint32Array.from(pairs, ([start = 0]) => start);
    return this.#starts;
  }
}
