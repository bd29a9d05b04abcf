import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { VergeError } from '../../../component/contract/error.ts';
import { encodeErrors } from './errors.ts';
import { LIMITS } from './limits.ts';

/** One field of a protobuf message; `where` says which message, for errors. */
export class Field {
  readonly number: number;
  readonly where: string;
  readonly #wireType: WireType;
  /** What is inside, without its length. */
  readonly #content: Uint8Array;

  constructor(number: number, wireType: WireType, content: Uint8Array, where: string) {
    this.number = number;
    this.where = where;
    this.#wireType = wireType;
    this.#content = content;
  }

  /** Contents of a message, string, or packed list. A view, not a copy. */
  bytes(): Uint8Array {
    this.#expect(WireType.LengthDelimited);
    return this.#content;
  }

  /** A string of bounded length in valid UTF-8. */
  text(): string {
    const bytes = this.bytes();
    if (bytes.length > LIMITS.nameBytes) {
      throw tooLarge(`${this.where}: a string of ${bytes.length} bytes`, LIMITS.nameBytes);
    }
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (cause) {
      throw malformed(`${this.where}: field ${this.number} is not valid UTF-8`, cause);
    }
  }

  /** An integer that a number can hold exactly. */
  integer(): number {
    this.#expect(WireType.Varint);
    return this.#integer(new BinaryReader(this.#content));
  }

  float(): number {
    this.#expect(WireType.Bit32);
    return new BinaryReader(this.#content).float();
  }

  /** One integer, or a packed list of them: both are allowed for a repeated field. */
  integers(): number[] {
    if (this.#wireType === WireType.Varint) return [this.integer()];
    const reader = new BinaryReader(this.bytes());
    const values: number[] = [];
    while (reader.pos < reader.len) {
      if (values.length >= LIMITS.attributeValues) throw tooLarge(`${this.where}: a list`, LIMITS.attributeValues);
      values.push(this.#integer(reader));
    }
    return values;
  }

  /** One float, or a packed list of them. */
  floats(): number[] {
    if (this.#wireType === WireType.Bit32) return [this.float()];
    const bytes = this.bytes();
    if (bytes.length % 4 !== 0) throw malformed(`${this.where}: ${bytes.length} bytes of floats`);
    if (bytes.length / 4 > LIMITS.attributeValues) throw tooLarge(`${this.where}: a list`, LIMITS.attributeValues);
    const reader = new BinaryReader(bytes);
    return Array.from({ length: bytes.length / 4 }, () => reader.float());
  }

  #integer(reader: BinaryReader): number {
    let value: bigint | string;
    try {
      value = reader.int64();
    } catch (cause) {
      throw malformed(`${this.where}: field ${this.number} is no integer`, cause);
    }
    if (!Number.isSafeInteger(Number(value))) throw malformed(`${this.where}: field ${this.number} holds ${value}`);
    return Number(value);
  }

  #expect(wireType: WireType): void {
    if (this.#wireType === wireType) return;
    throw malformed(`${this.where}: field ${this.number} has wire type ${this.#wireType}, expected ${wireType}`);
  }
}

/** The fields of a message, in the file's order. Groups, which ONNX never had, are refused. */
export function* fields(bytes: Uint8Array, where: string): Generator<Field, void, undefined> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) yield nextField(reader, where);
}

function nextField(reader: BinaryReader, where: string): Field {
  try {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw malformed(`${where}: a group`);
    const content = wireType === WireType.LengthDelimited ? reader.bytes() : reader.skip(wireType);
    return new Field(number, wireType, content, where);
  } catch (cause) {
    if (cause instanceof VergeError) throw cause;
    throw malformed(`${where}: the bytes end early or are no protobuf, at byte ${reader.pos} of ${reader.len}`, cause);
  }
}

/** The error for bytes that are no ONNX model. */
export function malformed(what: string, cause?: unknown): VergeError {
  return encodeErrors.make('ONNX_MALFORMED', `ONNX model: ${what}`, cause);
}

/** The error for a bound that is exceeded. */
export function tooLarge(what: string, limit: number): VergeError {
  return encodeErrors.make('ONNX_TOO_LARGE', `ONNX model: ${what} is over the limit of ${limit}`);
}
