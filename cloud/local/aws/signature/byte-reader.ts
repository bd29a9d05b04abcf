/** Reads lines and counted bytes off a stream of chunks. */
export interface ByteReader {
  /** Up to CRLF, without it; undefined at the end of the stream. */
  line(): Promise<string | undefined>;
  /** Pieces of the next `size` bytes; fewer where the stream ends before. */
  bytes(size: number): AsyncIterable<Uint8Array>;
}

const MAX_LINE_BYTES = 8192;

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    const { done, value } = await chunks.next();
    if (done) return false;
    held = held.length === 0 ? Buffer.from(value) : Buffer.concat([held, value]);
    return true;
  }

  return {
    async line() {
      for (;;) {
        const end = held.indexOf('\r\n');
        if (end >= 0) {
          const line = held.toString('latin1', 0, end);
          held = held.subarray(end + 2);
          return line;
        }
        if (held.length > MAX_LINE_BYTES) throw new RangeError(`A line is longer than ${MAX_LINE_BYTES} bytes`);
        if (!(await more())) return held.length === 0 ? undefined : held.toString('latin1');
      }
    },
    async *bytes(size) {
      let left = size;
      while (left > 0) {
        if (held.length === 0 && !(await more())) return;
        const piece = held.subarray(0, left);
        held = held.subarray(piece.length);
        left -= piece.length;
        if (piece.length > 0) yield piece;
      }
    },
  };
}
