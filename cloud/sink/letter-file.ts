import { type FileHandle, open } from 'node:fs/promises';
import type { Letter } from './letter.ts';

/**
 * Dead letters that the database can't take, as JSON Lines with the bytes in base64. What `add` has answered is on the disk;
 * a line that was only half written is taken back.
 */
export class LetterFile {
  readonly file: string;
  readonly #maxBytes: number;
  #handle: FileHandle | undefined;
  #bytes = 0;

  constructor(file: string, maxBytes: number) {
    this.file = file;
    this.#maxBytes = maxBytes;
  }

  /** @throws Error where the disk or the bound is full, or the file cannot be written */
  async add(letters: readonly Letter[]): Promise<void> {
    if (letters.length === 0) return;
    const handle = await this.#open();
    const lines = Buffer.from(letters.map(lineOf).join(''));
    if (this.#bytes + lines.byteLength > this.#maxBytes) {
      throw new Error(`${this.file} would grow beyond ${this.#maxBytes} bytes`);
    }
    try {
      await handle.appendFile(lines);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(this.#bytes);
      throw error;
    }
    this.#bytes += lines.byteLength;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle) return this.#handle;
    const handle = await open(this.file, 'a+', 0o600); // texts of other people may be in it
    try {
      this.#bytes = await wholeLines(handle);
      await handle.truncate(this.#bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    return handle;
  }
}

function lineOf({ original, code, message, part, receivedAtMs }: Letter): string {
  const { topic, payload } = original;
  const receivedAt = new Date(receivedAtMs).toISOString();
  const payloadBase64 = Buffer.from(payload).toString('base64');
  return `${JSON.stringify({ receivedAt, topic, code, message, part, payloadBase64 })}\n`;
}

/** Size of the file up to its last line's end: a crash may have left half a line behind it. */
async function wholeLines(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const piece = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - piece.byteLength);
    const { bytesRead } = await handle.read(piece, 0, end - start, start);
    const at = piece.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
