import type { BertSizes } from './bert.ts';
import type { FamilyContext } from './encoder.ts';

/** The learned distance vectors, normalised where the configuration says so: [2 · span, hidden]. */
export function relativeTable({ config, tensors }: FamilyContext, sizes: BertSizes, span: number): Float32Array {
  const { hidden, epsilon } = sizes;
  const vectors = tensors.read('encoder.rel_embeddings.weight', [2 * span, hidden]);
  if (!config.words('norm_rel_ebd').includes('layer_norm')) return vectors;
  const weight = tensors.read('encoder.LayerNorm.weight', [hidden]);
  const bias = tensors.read('encoder.LayerNorm.bias', [hidden]);
  return normalizedRows(vectors, weight, bias, epsilon);
}

/** Layer normalisation of each row. */
export function normalizedRows(
  rows: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  epsilon: number,
): Float32Array {
  const width = weight.length;
  const result = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    const factor = 1 / Math.sqrt(variance + epsilon);
    for (const [index, value] of row.entries()) {
      result[start + index] = (value - mean) * factor * (weight[index] ?? 0) + (bias[index] ?? 0);
    }
  }
  return result;
}

/** `(rows · weightᵀ + bias) · scale`; `weight` is [width, width] as PyTorch keeps it. */
export function projectRows(rows: Float32Array, weight: Float32Array, bias: Float32Array, scale: number): Float32Array {
  const width = bias.length;
  const result = new Float32Array(rows.length);
  // The one hot loop of the build, 7 billion steps for a base model: four rows at a time, so that each weight is
  // read once for four sums that do not wait for each other. Rows beyond the last read as undefined, and count as 0.
  for (let start = 0; start < rows.length; start += 4 * width) {
    const [second, third, fourth] = [start + width, start + 2 * width, start + 3 * width];
    for (let out = 0; out < width; out += 1) {
      const from = out * width;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let index = 0; index < width; index += 1) {
        const factor = weight[from + index] ?? 0;
        a += factor * (rows[start + index] ?? 0);
        b += factor * (rows[second + index] ?? 0);
        c += factor * (rows[third + index] ?? 0);
        d += factor * (rows[fourth + index] ?? 0);
      }
      const added = bias[out] ?? 0;
      result[start + out] = (a + added) * scale;
      // Typed arrays ignore writes beyond their end.
      result[second + out] = (b + added) * scale;
      result[third + out] = (c + added) * scale;
      result[fourth + out] = (d + added) * scale;
    }
  }
  return result;
}
