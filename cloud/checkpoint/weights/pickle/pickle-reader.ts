import { checkpointErrors } from '../../errors.ts';

/** The bytes of a pickle, taken from front to back; never past the end. */
export class PickleReader {
  readonly #bytes: Buffer;
  /** Name for messages. */
  readonly place: string;
  #at = 0;

  constructor(bytes: Uint8Array, place: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.place = place;
  }

  get offset(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next bytes, as a view. @throws PICKLE_TRUNCATED */
  take(length: number): Buffer {
    if (length > this.left) {
      throw checkpointErrors.make(
        'PICKLE_TRUNCATED',
        `${this.place} ends at byte ${this.#bytes.length} where ${length} bytes are expected at ${this.#at}`,
      );
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Text up to the next line feed, which is taken too. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    const text = this.take(end === -1 ? this.left + 1 : end - this.#at).toString('utf8');
    this.take(1);
    return text;
  }

  uint8(): number {
    return this.take(1).readUInt8(0);
  }

  uint16(): number {
    return this.take(2).readUInt16LE(0);
  }

  uint32(): number {
    return this.take(4).readUInt32LE(0);
  }
}
