import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { checkpointErrors } from './errors.ts';

/** One call of read(2) takes at most 2 GiB. */
const maxReadBytes = 1 << 30;

/**
 * A file that is read piece by piece through one descriptor, so that weights never stand in memory whole and the file
 * that was checked is the file that is read.
 */
export class RangeFile {
  /** Name for messages. */
  readonly name: string;
  readonly sizeBytes: number;
  #descriptor: number | undefined;

  constructor(path: string, name: string) {
    this.name = name;
    const descriptor = openSync(path, 'r');
    this.#descriptor = descriptor;
    this.sizeBytes = fstatSync(descriptor).size;
  }

  /**
   * Fills `target` from `offset` on.
   * @throws CHECKPOINT_CLOSED, WEIGHTS_TRUNCATED
   */
  readInto(target: Uint8Array, offset: number): void {
    if (this.#descriptor === undefined) {
      throw checkpointErrors.make('CHECKPOINT_CLOSED', `${this.name} was read after its checkpoint was closed`);
    }
    let done = 0;
    while (done < target.byteLength) {
      const length = Math.min(maxReadBytes, target.byteLength - done);
      const count = readSync(this.#descriptor, target, done, length, offset + done);
      if (count === 0) {
        throw checkpointErrors.make(
          'WEIGHTS_TRUNCATED',
          `${this.name} ends at byte ${offset + done} where ${target.byteLength - done} more are expected`,
        );
      }
      done += count;
    }
  }

  /** A copy of the bytes; for small pieces. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(bytes, offset);
    return bytes;
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
