import { checkpointErrors } from '../errors.ts';
import { quote } from '../quote.ts';
import type { RangeFile } from '../range-file.ts';
import { elementCount } from '../shape.ts';
import { elementBytes, isFloatingPoint, type StoredType, toFloat32 } from './element-type.ts';

/** Bytes read at once where stored numbers are converted; a multiple of every element's size. */
const pieceBytes = 4 * 1024 * 1024;

/** Where a tensor stands in a file, checked to lie inside it. */
export interface StoredTensor {
  /** As in the file, with any prefix. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: StoredType;
  readonly file: RangeFile;
  /** Of the first element of the storage. */
  readonly offset: number;
  /** Elements of the storage from `offset` on that the tensor may touch. */
  readonly storageElements: number;
  /** Elements to step over for each axis; undefined where the tensor is stored row after row. */
  readonly strides: readonly number[] | undefined;
}

/**
 * Reads a tensor as float32, row-major.
 * @throws WEIGHTS_NOT_FINITE names the tensor and the place of the first number that is none.
 */
export function readStored(tensor: StoredTensor): Float32Array {
  const values =
    tensor.strides === undefined
      ? readRun(tensor, elementCount(tensor.shape))
      : gather(readRun(tensor, tensor.storageElements), tensor.shape, tensor.strides);
  if (isFloatingPoint(tensor.type)) assertFinite(tensor, values);
  return values;
}

function readRun({ file, offset, type }: StoredTensor, count: number): Float32Array {
  const values = new Float32Array(count);
  const size = elementBytes[type];
  if (type === 'F32') {
    file.readInto(new Uint8Array(values.buffer), offset);
    return values;
  }
  const piece = new Uint8Array(Math.min(pieceBytes, count * size));
  const pieceElements = piece.byteLength / size;
  for (let start = 0; start < count; start += pieceElements) {
    const elements = Math.min(pieceElements, count - start);
    const bytes = piece.subarray(0, elements * size);
    file.readInto(bytes, offset + start * size);
    toFloat32(type, bytes, values.subarray(start, start + elements));
  }
  return values;
}

/** A transposed or sliced tensor is brought into rows. */
function gather(storage: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const values = new Float32Array(elementCount(shape));
  const position = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < values.length; to += 1) {
    values[to] = storage[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const next = (position[axis] ?? 0) + 1;
      if (next < (shape[axis] ?? 0)) {
        position[axis] = next;
        from += strides[axis] ?? 0;
        break;
      }
      from -= (next - 1) * (strides[axis] ?? 0);
      position[axis] = 0;
    }
  }
  return values;
}

function assertFinite({ name, file, shape }: StoredTensor, values: Float32Array): void {
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    // x - x is 0 for every finite x and NaN for the others: one comparison per weight.
    if (value - value === 0) continue;
    throw checkpointErrors.make(
      'WEIGHTS_NOT_FINITE',
      `Tensor ${quote(name)} in ${file.name} holds ${value} at [${coordinates(index, shape).join(', ')}]`,
    );
  }
}

function coordinates(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .toReversed();
}
