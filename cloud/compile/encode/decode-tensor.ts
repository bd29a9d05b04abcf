import { endianness } from 'node:os';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { ElementType, Initializer, TensorData } from '../graph/graph.ts';
import { ONNX_TYPES } from '../graph/operators.ts';
import { encodeErrors } from './errors.ts';
import { fields, malformed, tooLarge } from './fields.ts';
import { LIMITS } from './limits.ts';
import { ENTRY, EXTERNAL, TENSOR } from './schema.ts';

/** Where a tensor's bytes are, as the model file says; nothing of it is checked against the file system yet. */
export interface ExternalPlace {
  readonly location: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Reads external data. Must return exactly `lengthBytes` bytes, or throw. */
export type ReadExternal = (place: ExternalPlace, tensorName: string) => Uint8Array;

/** Names of ONNX's element types that we refuse, for the message. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  4: 'UINT16',
  5: 'INT16',
  8: 'STRING',
  11: 'DOUBLE',
  12: 'UINT32',
  13: 'UINT64',
  14: 'COMPLEX64',
  15: 'COMPLEX128',
  16: 'BFLOAT16',
  17: 'FLOAT8E4M3FN',
  19: 'FLOAT8E5M2',
  21: 'UINT4',
  22: 'INT4',
};

const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  int8: 1,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** Decodes a `TensorProto`. `readExternal` is absent where external data is not allowed, as in attributes. */
export function decodeTensor(bytes: Uint8Array, where: string, readExternal: ReadExternal | undefined): Initializer {
  const parts = readParts(bytes, where);
  const place = `tensor '${parts.name}'`;
  const type = elementTypeOf(parts.dataType, place);
  const elementCount = checkedElementCount(parts.dims, place);
  const raw = parts.external
    ? externalBytes(parts, elementCount * ELEMENT_BYTES[type], place, readExternal)
    : parts.raw;
  const data =
    raw === undefined ? typedData(parts, type, elementCount, place) : rawData(raw, type, elementCount, place);
  return { name: parts.name, type, shape: parts.dims, data };
}

/** The element type for a `TensorProto.DataType`, refused by name where it is none of ours. */
export function elementTypeOf(dataType: number, where: string): ElementType {
  // Object.keys loses the literal type of the keys.
  const type = (Object.keys(ONNX_TYPES) as ElementType[]).find((name) => ONNX_TYPES[name] === dataType);
  if (type !== undefined) return type;
  const name = OTHER_TYPES[dataType] ?? `number ${dataType}`;
  throw encodeErrors.make('ONNX_ELEMENT_TYPE', `ONNX model: ${where} has element type ${name}`);
}

interface TensorParts {
  name: string;
  dims: number[];
  dataType: number;
  raw: Uint8Array | undefined;
  external: boolean;
  readonly floats: Uint8Array[];
  readonly int32s: Uint8Array[];
  readonly int64s: Uint8Array[];
  readonly entries: Map<string, string>;
}

function readParts(bytes: Uint8Array, where: string): TensorParts {
  const parts: TensorParts = {
    name: '',
    dims: [],
    dataType: 0,
    raw: undefined,
    external: false,
    floats: [],
    int32s: [],
    int64s: [],
    entries: new Map(),
  };
  for (const field of fields(bytes, where)) {
    switch (field.number) {
      case TENSOR.dims:
        parts.dims.push(...field.integers());
        if (parts.dims.length > LIMITS.rank) throw tooLarge(`${where}: number of dimensions`, LIMITS.rank);
        break;
      case TENSOR.dataType:
        parts.dataType = field.integer();
        break;
      case TENSOR.name:
        parts.name = field.text();
        break;
      case TENSOR.rawData:
        parts.raw = field.bytes();
        break;
      case TENSOR.floatData:
        parts.floats.push(field.bytes());
        break;
      case TENSOR.int32Data:
        parts.int32s.push(field.bytes());
        break;
      case TENSOR.int64Data:
        parts.int64s.push(field.bytes());
        break;
      case TENSOR.dataLocation:
        parts.external = field.integer() === EXTERNAL;
        break;
      case TENSOR.externalData:
        addEntry(parts.entries, field.bytes(), where);
        break;
      case TENSOR.segment:
        throw encodeErrors.make('ONNX_UNSUPPORTED', `ONNX model: ${where} is stored in segments`);
    }
  }
  return parts;
}

function addEntry(entries: Map<string, string>, bytes: Uint8Array, where: string): void {
  let [key, value] = ['', ''];
  for (const field of fields(bytes, where)) {
    if (field.number === ENTRY.key) key = field.text();
    if (field.number === ENTRY.value) value = field.text();
  }
  entries.set(key, value);
  if (entries.size > LIMITS.externalEntries) throw tooLarge(`${where}: external data`, LIMITS.externalEntries);
}

function checkedElementCount(dims: readonly number[], where: string): number {
  let product = 1;
  for (const size of dims) {
    if (size < 0 || size > LIMITS.dimension) throw malformed(`${where} has a dimension of ${size}`);
    product *= size;
  }
  if (product > LIMITS.dimension) throw tooLarge(`${where}: number of elements`, LIMITS.dimension);
  return product;
}

function externalBytes(
  { entries, name }: TensorParts,
  sizeBytes: number,
  where: string,
  readExternal: ReadExternal | undefined,
): Uint8Array {
  if (readExternal === undefined) throw malformed(`${where} is in an attribute, yet its data is in another file`);
  const offsetBytes = decimal(entries.get('offset') ?? '0', `${where}: offset`);
  const lengthBytes = decimal(entries.get('length') ?? String(sizeBytes), `${where}: length`);
  if (lengthBytes !== sizeBytes) {
    throw encodeErrors.make(
      'ONNX_TENSOR_SIZE',
      `ONNX model: ${where} needs ${sizeBytes} bytes, its external data has ${lengthBytes}`,
    );
  }
  return readExternal({ location: entries.get('location') ?? '', offsetBytes, lengthBytes }, name);
}

function decimal(text: string, where: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed(`${where} is '${text.slice(0, 40)}', not a number of bytes`);
  return value;
}

function rawData(raw: Uint8Array, type: ElementType, elementCount: number, where: string): TensorData {
  const sizeBytes = elementCount * ELEMENT_BYTES[type];
  if (raw.length !== sizeBytes) {
    throw encodeErrors.make('ONNX_TENSOR_SIZE', `ONNX model: ${where} needs ${sizeBytes} bytes and has ${raw.length}`);
  }
  if (endianness() !== 'LE') throw encodeErrors.make('ENCODE_BIG_ENDIAN', 'this machine keeps numbers big-endian');
  // A copy: the file's bytes stand at any offset, typed arrays only at multiples of their element.
  const buffer = new ArrayBuffer(sizeBytes);
  new Uint8Array(buffer).set(raw);
  return viewOf(type, buffer);
}

function typedData(parts: TensorParts, type: ElementType, elementCount: number, where: string): TensorData {
  const chunks = type === 'float32' ? parts.floats : type === 'int64' ? parts.int64s : parts.int32s;
  // Each element takes at least one byte, so the file's own size bounds what is allocated.
  const available = chunks.reduce((sum, chunk) => sum + chunk.length, 0) / (type === 'float32' ? 4 : 1);
  const wrong = (found: number | string): Error =>
    encodeErrors.make('ONNX_TENSOR_SIZE', `ONNX model: ${where} needs ${elementCount} numbers and has ${found}`);
  if (available < elementCount) throw wrong(Math.floor(available));
  const data = viewOf(type, new ArrayBuffer(elementCount * ELEMENT_BYTES[type]));
  let count = 0;
  for (const chunk of chunks) {
    const reader = new BinaryReader(chunk);
    while (reader.pos < reader.len) {
      if (count >= elementCount) throw wrong('more');
      // Out of a chunk that ends within a number, the reader throws.
      try {
        if (data instanceof BigInt64Array) data[count] = BigInt(reader.int64());
        else data[count] = type === 'float32' ? reader.float() : Number(reader.int64());
      } catch (cause) {
        throw malformed(`${where} ends within a number`, cause);
      }
      count += 1;
    }
  }
  if (count !== elementCount) throw wrong(count);
  return data;
}

function viewOf(type: ElementType, buffer: ArrayBuffer): TensorData {
  switch (type) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float16':
      return new Uint16Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
  }
}
