import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../component/disk/sync.ts';
import type { Letter } from './letter.ts';
import { lockLetters } from './letter-lock.ts';

/**
 * Dead letters that the database can't take, as JSON Lines with the bytes in base64. What `add` has answered is on the disk.
 * Several sinks may share a file, and it may be moved away at any time: it is opened anew for each addition. Half a line that
 * a crash left, or a last line without its end, stays as it is, on a line of its own.
 */
export class LetterFile {
  readonly file: string;
  readonly #maxBytes: number;

  constructor(file: string, maxBytes: number) {
    this.file = file;
    this.#maxBytes = maxBytes;
  }

  /** @throws Error where the disk or the bound is full, or the file cannot be written */
  async add(letters: readonly Letter[]): Promise<void> {
    if (letters.length === 0) return;
    const lines = letters.map(lineOf).join('');
    const handle = await open(this.file, 'a+', 0o600); // texts of other people may be in it
    try {
      const release = await lockLetters(handle, this.file);
      try {
        await this.#append(handle, lines);
      } finally {
        await release();
      }
    } finally {
      await handle.close();
    }
  }

  /** By one process at a time. */
  async #append(handle: FileHandle, lines: string): Promise<void> {
    const { size } = await handle.stat();
    const bytes = Buffer.from(`${(await endsInLine(handle, size)) ? '' : '\n'}${lines}`);
    if (size + bytes.byteLength > this.#maxBytes) {
      throw new Error(`${this.file} would grow beyond ${this.#maxBytes} bytes`);
    }
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(size);
      throw error;
    }
    if (size === 0) await syncFolder(path.dirname(this.file)); // its name may be as new
    if ((await handle.stat()).nlink === 0) throw new Error(`${this.file} was removed while it was written`);
  }
}

function lineOf({ original, code, message, part, receivedAtMs }: Letter): string {
  const { topic, payload } = original;
  const receivedAt = new Date(receivedAtMs).toISOString();
  const payloadBase64 = Buffer.from(payload).toString('base64');
  return `${JSON.stringify({ receivedAt, topic, code, message, part, payloadBase64 })}\n`;
}

async function endsInLine(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, size - 1);
  return last[0] === 0x0a;
}
