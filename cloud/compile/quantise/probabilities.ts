import type { ProblemType } from '../../checkpoint/checkpoint.ts';

/** Index of the largest number; the first of equals, as the reference's argmax. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  return best;
}

/** Softmax (single label), sigmoid (multi label) or the plain value (regression) of one row of logits. */
export function probabilities(logits: Float32Array, problem: ProblemType, temperature: number): Float64Array {
  const scaled = Float64Array.from(logits, (value) => value / temperature);
  if (problem === 'regression') return Float64Array.from(logits);
  if (problem === 'multi_label_classification') return scaled.map((value) => 1 / (1 + Math.exp(-value)));
  const largest = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const weights = scaled.map((value) => Math.exp(value - largest));
  const sum = weights.reduce((total, value) => total + value, 0);
  return weights.map((value) => value / sum);
}
