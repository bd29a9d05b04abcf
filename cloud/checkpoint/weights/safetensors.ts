import { checkpointErrors } from '../errors.ts';
import { isJsonObject, parseJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { quote, quoteValue } from '../quote.ts';
import type { RangeFile } from '../range-file.ts';
import { elementCount, formatShape, isCount, isShape } from '../shape.ts';
import { elementBytes, isStoredType } from './element-type.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** Bytes before the header: its length, a little-endian 64-bit number. */
const prefixBytes = 8;

/**
 * The tensors of a safetensors file, checked by the format's own rules: known types, shapes that agree with their
 * ranges, and ranges that cover the file's data without gap or overlap.
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(file: RangeFile): StoredTensor[] {
  const header = readHeader(file);
  const dataStart = prefixBytes + header.lengthBytes;
  const dataBytes = file.sizeBytes - dataStart;
  checkFramework(header.fields.__metadata__, file.name);
  const ranges = Object.entries(header.fields)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, field]) => readField(name, field, file, dataStart, dataBytes));
  if (ranges.length > limits.tensors) {
    throw checkpointErrors.make(
      'SAFETENSORS_TOO_MANY',
      `${file.name} declares ${ranges.length} tensors, more than ${limits.tensors}`,
    );
  }
  checkCoverage(ranges, file, dataBytes);
  return ranges.map(({ tensor }) => tensor);
}

interface TensorRange {
  readonly tensor: StoredTensor;
  readonly begin: number;
  readonly end: number;
}

function readHeader(file: RangeFile): { lengthBytes: number; fields: Record<string, unknown> } {
  if (file.sizeBytes < prefixBytes) {
    throw checkpointErrors.make('SAFETENSORS_TOO_SHORT', `${file.name} has ${file.sizeBytes} bytes and no header`);
  }
  const prefix = file.read(0, prefixBytes);
  const declared = new DataView(prefix.buffer).getBigUint64(0, true);
  if (declared > BigInt(limits.safetensorsHeaderBytes)) {
    throw checkpointErrors.make(
      'SAFETENSORS_HEADER_TOO_LARGE',
      `${file.name} declares a header of ${declared} bytes, more than ${limits.safetensorsHeaderBytes}`,
    );
  }
  const lengthBytes = Number(declared);
  if (lengthBytes > file.sizeBytes - prefixBytes) {
    throw checkpointErrors.make(
      'SAFETENSORS_HEADER_OUTSIDE',
      `${file.name} declares a header of ${lengthBytes} bytes and is ${file.sizeBytes} bytes long`,
    );
  }
  const fields = parseJsonObject(file.read(prefixBytes, lengthBytes), {
    file: `The header of ${file.name}`,
    maxDepth: limits.safetensorsHeaderDepth,
    uniqueKeys: true,
  });
  return { lengthBytes, fields };
}

/** Files written by TensorFlow or Flax name and lay out their weights in another way. */
function checkFramework(metadata: unknown, file: string): void {
  const format = isJsonObject(metadata) ? metadata.format : undefined;
  if (format === undefined || format === 'pt') return;
  throw checkpointErrors.make('WEIGHTS_FRAMEWORK', `${file} says that it was written by ${quoteValue(format)}`);
}

function readField(name: string, field: unknown, file: RangeFile, dataStart: number, dataBytes: number): TensorRange {
  const place = `${file.name}: tensor ${quote(name)}`;
  if (name.length > limits.tensorNameLength) {
    throw checkpointErrors.make('TENSOR_NAME_TOO_LONG', `${place} has a name of ${name.length} characters`);
  }
  if (!isJsonObject(field)) {
    throw checkpointErrors.make('SAFETENSORS_FIELD_BAD', `${place} has no dtype, shape and data_offsets`);
  }
  const { dtype, shape, data_offsets: offsets } = field;
  if (!isStoredType(dtype)) {
    throw checkpointErrors.make('WEIGHTS_TYPE_UNKNOWN', `${place} is stored as ${quoteValue(dtype)}`);
  }
  if (!isShape(shape)) {
    throw checkpointErrors.make('SAFETENSORS_SHAPE_BAD', `${place} has the shape ${quoteValue(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2) {
    throw checkpointErrors.make('SAFETENSORS_FIELD_BAD', `${place} has no pair of data_offsets`);
  }
  const [begin, end]: unknown[] = offsets;
  if (!isCount(begin) || !isCount(end) || begin > end || end > dataBytes) {
    throw checkpointErrors.make(
      'SAFETENSORS_OFFSETS_OUTSIDE',
      `${place} claims bytes ${quoteValue(offsets)} of ${dataBytes}`,
    );
  }
  const expected = elementCount(shape) * elementBytes[dtype];
  if (end - begin !== expected) {
    throw checkpointErrors.make(
      'SAFETENSORS_SIZE_MISMATCH',
      `${place} of shape ${formatShape(shape)} and type ${dtype} needs ${expected} bytes and claims ${end - begin}`,
    );
  }
  const tensor: StoredTensor = {
    name,
    shape,
    type: dtype,
    file,
    offset: dataStart + begin,
    storageElements: elementCount(shape),
    strides: undefined,
  };
  return { tensor, begin, end };
}

/** Data that belongs to two tensors, or to none, may hide something; the reference refuses both. */
function checkCoverage(ranges: readonly TensorRange[], file: RangeFile, dataBytes: number): void {
  let covered = 0;
  for (const { tensor, begin, end } of ranges.toSorted(
    (left, right) => left.begin - right.begin || left.end - right.end,
  )) {
    if (begin !== covered) {
      const what = begin < covered ? 'overlaps the tensor before it' : `leaves a gap of ${begin - covered} bytes`;
      throw checkpointErrors.make('SAFETENSORS_LAYOUT', `${file.name}: tensor ${quote(tensor.name)} ${what}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw checkpointErrors.make(
      'SAFETENSORS_TRAILING',
      `${file.name} has ${dataBytes - covered} bytes after its last tensor`,
    );
  }
}
