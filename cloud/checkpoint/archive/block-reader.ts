import { checkpointErrors } from '../errors.ts';
import { quote } from '../quote.ts';

/** Everything in a tar is a multiple of this. */
export const blockBytes = 512;

/** Takes a stream of chunks of any size apart into blocks and bodies. */
export class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  #offset = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The next block, or undefined at the end of the stream. @throws TAR_TRUNCATED where the stream ends within it */
  async block(): Promise<Uint8Array | undefined> {
    if (!(await this.#fill())) return undefined;
    return this.whole(blockBytes, 'a block');
  }

  /** Exactly `length` bytes, in one piece; for small lengths. */
  async whole(length: number, what: string): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let done = 0;
    for await (const piece of this.body(length, what)) {
      bytes.set(piece, done);
      done += piece.byteLength;
    }
    return bytes;
  }

  /** The next `length` bytes as they come. `what` names them where the stream ends too early. */
  async *body(length: number, what: string): AsyncGenerator<Uint8Array> {
    const end = this.#offset + length;
    while (this.#offset < end) yield await this.#take(end - this.#offset, what);
  }

  async skipTo(offset: number, what: string): Promise<void> {
    while (this.#offset < offset) await this.#take(offset - this.#offset, what);
  }

  async #take(maxLength: number, what: string): Promise<Uint8Array> {
    if (!(await this.#fill())) {
      throw checkpointErrors.make(
        'TAR_TRUNCATED',
        `The archive ends at byte ${this.#offset} in the middle of ${quote(what)}`,
      );
    }
    const piece = this.#chunk.subarray(0, maxLength);
    this.#chunk = this.#chunk.subarray(piece.byteLength);
    this.#offset += piece.byteLength;
    return piece;
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.byteLength === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value;
    }
    return true;
  }
}
