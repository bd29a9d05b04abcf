import type { CheckpointTensor } from '../checkpoint.ts';

export type StoredType = CheckpointTensor['storedType'];

/** Bytes of one stored number. */
export const elementBytes: Readonly<Record<StoredType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export function isStoredType(name: unknown): name is StoredType {
  return typeof name === 'string' && Object.hasOwn(elementBytes, name);
}

/** Weights are floating point; integers are counters and positions, and no parameters. */
export function isFloatingPoint(type: StoredType): boolean {
  return type === 'F64' || type === 'F32' || type === 'F16' || type === 'BF16';
}

/** Stored little-endian bytes to float32; `bytes` starts at a multiple of 8 in its buffer. */
export function toFloat32(type: StoredType, bytes: Uint8Array, target: Float32Array): void {
  const { buffer, byteOffset } = bytes;
  const count = bytes.byteLength / elementBytes[type];
  switch (type) {
    case 'F32':
      target.set(new Float32Array(buffer, byteOffset, count));
      return;
    case 'F64':
      target.set(new Float64Array(buffer, byteOffset, count));
      return;
    case 'F16': {
      const halves = new Uint16Array(buffer, byteOffset, count);
      const table = halfTable();
      for (let index = 0; index < count; index += 1) target[index] = table[halves[index] ?? 0] ?? 0;
      return;
    }
    case 'BF16': {
      const halves = new Uint16Array(buffer, byteOffset, count);
      const bits = new Uint32Array(target.buffer, target.byteOffset, count);
      for (let index = 0; index < count; index += 1) bits[index] = (halves[index] ?? 0) << 16;
      return;
    }
    case 'I64': {
      const longs = new BigInt64Array(buffer, byteOffset, count);
      for (let index = 0; index < count; index += 1) target[index] = Number(longs[index] ?? 0n);
      return;
    }
    case 'I32':
      target.set(new Int32Array(buffer, byteOffset, count));
      return;
    case 'I16':
      target.set(new Int16Array(buffer, byteOffset, count));
      return;
    case 'I8':
      target.set(new Int8Array(buffer, byteOffset, count));
      return;
    case 'U8':
    case 'BOOL':
      target.set(bytes);
      return;
  }
}

let halves: Float32Array | undefined;

/** All 65,536 half-precision numbers as float32: a table look-up per weight instead of bit arithmetic. */
function halfTable(): Float32Array {
  if (halves !== undefined) return halves;
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < table.length; bits += 1) {
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    const sign = bits & 0x8000 ? -1 : 1;
    if (exponent === 0x1f) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  halves = table;
  return table;
}
