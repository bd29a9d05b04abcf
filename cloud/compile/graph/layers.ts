import type { GraphBuilder } from './builder.ts';
import { float, int } from './operators.ts';

/** Name and size of a linear layer. */
export interface LinearOptions {
  /** The layer's name, for example `layer.0.attention.qkv`. */
  readonly name: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Names of a linear layer's initialisers; several nodes may read the same ones. */
export interface LinearWeights {
  /** [in, out] */
  readonly weight: string;
  /** [out]; absent where the layer has none. */
  readonly bias: string | undefined;
}

/**
 * Adds the initialisers `<layer>.weight` [in, out] and `<layer>.bias`.
 * @param weight [out, in], row-major, as PyTorch keeps it
 * @param bias [out]
 */
export function linearWeights(
  graph: GraphBuilder,
  weight: Float32Array,
  bias: Float32Array | undefined,
  { name, inFeatures, outFeatures }: LinearOptions,
): LinearWeights {
  return {
    weight: graph.weights(`${name}.weight`, [inFeatures, outFeatures], transposed(weight, outFeatures, inFeatures)),
    bias: bias === undefined ? undefined : graph.weights(`${name}.bias`, [outFeatures], bias),
  };
}

/** `x · weight + bias`: a `MatMul` named `name`, then, where there is a bias, an `Add` named `<name>.bias`. */
export function applyLinear(graph: GraphBuilder, x: string, { weight, bias }: LinearWeights, name: string): string {
  const product = graph.node('MatMul', [x, weight], { name });
  return bias === undefined ? product : graph.node('Add', [product, bias], { name: `${name}.bias` });
}

/**
 * A linear layer: a `MatMul` named for the layer on the initialiser `<layer>.weight` [in, out], then an `Add` named
 * `<layer>.bias` on the initialiser of the same name. The quantiser looks for exactly this pair.
 */
export function linear(
  graph: GraphBuilder,
  x: string,
  weight: Float32Array,
  bias: Float32Array | undefined,
  options: LinearOptions,
): string {
  return applyLinear(graph, x, linearWeights(graph, weight, bias, options), options.name);
}

/**
 * Rows of `table` [count, width] by `ids`: a `Gather` named `name` on the initialiser `<name>.weight`.
 * The quantiser looks for exactly this.
 */
export function embedding(
  graph: GraphBuilder,
  ids: string,
  table: Float32Array,
  { name, width }: { name: string; width: number },
): string {
  const rows = graph.weights(`${name}.weight`, [table.length / width, width], table);
  return graph.node('Gather', [rows, ids], { name, attributes: { axis: int(0) } });
}

/** Names of a normalisation's initialisers, [width] each. */
export interface NormWeights {
  readonly weight: string;
  readonly bias: string | undefined;
}

/** Adds the initialisers `<name>.weight` and, where there is one, `<name>.bias`. */
export function normWeights(
  graph: GraphBuilder,
  weight: Float32Array,
  bias: Float32Array | undefined,
  name: string,
): NormWeights {
  return {
    weight: graph.weights(`${name}.weight`, [weight.length], weight),
    bias: bias === undefined ? undefined : graph.weights(`${name}.bias`, [bias.length], bias),
  };
}

/** `LayerNormalization` over the last dimension, in a node named `name` (inference.md P3). */
export function applyNorm(
  graph: GraphBuilder,
  x: string,
  { weight, bias }: NormWeights,
  { name, epsilon }: { name: string; epsilon: number },
): string {
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return graph.node('LayerNormalization', inputs, { name, attributes: { axis: int(-1), epsilon: float(epsilon) } });
}

/** Inputs of `com.microsoft.MultiHeadAttention`; a mask or bias that is absent is left out. */
export interface AttentionInputs {
  /** [batch, queries, hidden] */
  readonly query: string;
  /** [batch, sequence, hidden] */
  readonly key: string;
  /** [batch, sequence, hidden] */
  readonly value: string;
  /** int32 [batch]: keys from this position on are padding. */
  readonly lengths?: string | undefined;
  /** Added to the scores before softmax: [1 or batch, 1 or heads, queries, sequence]. */
  readonly bias?: string | undefined;
}

/** Scaled dot-product attention over `headCount` heads (inference.md P2). */
export function multiHeadAttention(
  graph: GraphBuilder,
  { query, key, value, lengths = '', bias }: AttentionInputs,
  { name, headCount, scale }: { name: string; headCount: number; scale?: number | undefined },
): string {
  const inputs = [query, key, value, '', lengths];
  if (bias !== undefined) inputs.push(bias);
  while (inputs.at(-1) === '') inputs.pop();
  return graph.node('MultiHeadAttention', inputs, {
    name,
    domain: 'com.microsoft',
    attributes: { num_heads: int(headCount), ...(scale === undefined ? {} : { scale: float(scale) }) },
  });
}

/** The transpose of a row-major [rows, columns] matrix. */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result[column * rows + row] = matrix[row * columns + column] ?? 0;
    }
  }
  return result;
}
