const LINE_FEED = 0x0a;

/** A line of a file, by its place. */
export interface Line {
  readonly start: number;
  /** Where the next line starts. */
  readonly end: number;
  /** Without the line feed; undefined where the line was longer than allowed and was not kept. */
  readonly bytes: Buffer | undefined;
}

/** Cuts bytes into lines, and never holds more than one line of the allowed length. */
export class LineCutter {
  readonly #maxBytes: number;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #skipping = false;
  #start: number;
  #offset: number;

  /** @param offset place of the first byte that will be pushed */
  constructor(offset: number, maxBytes: number) {
    this.#start = offset;
    this.#offset = offset;
    this.#maxBytes = maxBytes;
  }

  /** Place of the next byte that is wanted. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes the next bytes, which may be overwritten afterwards, and gives the lines that they end. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    while (from < chunk.length) {
      const at = chunk.indexOf(LINE_FEED, from);
      const to = at < 0 ? chunk.length : at;
      this.#keep(chunk.subarray(from, to));
      from = at < 0 ? to : at + 1;
      this.#offset += at < 0 ? 0 : 1;
      if (at >= 0) lines.push(this.#cut());
    }
    return lines;
  }

  /** What stands behind the last line feed, as a line: nobody will end it. */
  rest(): Line | undefined {
    return this.#offset === this.#start ? undefined : this.#cut();
  }

  #keep(part: Buffer): void {
    this.#offset += part.length;
    if (this.#skipping || part.length === 0) return;
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.#maxBytes) {
      this.#skipping = true;
      this.#held.length = 0;
    } else {
      this.#held.push(Buffer.from(part));
    }
  }

  #cut(): Line {
    const bytes = this.#skipping ? undefined : Buffer.concat(this.#held);
    const line = { start: this.#start, end: this.#offset, bytes };
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#skipping = false;
    this.#start = this.#offset;
    return line;
  }
}
