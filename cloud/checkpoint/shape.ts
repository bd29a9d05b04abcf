import { limits } from './limits.ts';

/** `[2, 3]`, as the reference prints shapes. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Product of the sizes. `isShape` has bounded it to safe integers. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether a value from a file is a list of sizes, few in number, whose bytes can be counted exactly. */
export function isShape(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length > limits.dimensions || !value.every(isCount)) return false;
  let product = 1;
  for (const size of value) {
    product *= Math.max(size, 1);
    if (product > limits.weightsBytes) return false;
  }
  return true;
}

/** A whole number from 0 on that float64 holds exactly. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
