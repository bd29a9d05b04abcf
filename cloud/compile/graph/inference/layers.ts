import type { Dimension } from '../graph.ts';
import { better, broadcast, compatible, type Known, type NodeScope, type Rule } from './scope.ts';

const matmul: Rule = (scope) => [{ type: 'float32', shape: product(scope, scope.input(0, 'float32'), 1, 'float32') }];

const dynamicQuantizeMatmul: Rule = (scope) => {
  const left = scope.input(0, 'float32');
  const weight = scope.ranked(1, 2, 'int8', 'uint8');
  const columns = weight.shape[1] ?? 1;
  const scale = scope.input(2, 'float32');
  perColumn(scope, 2, scale, columns);
  const zeroPoint = scope.optional(3, weight.type);
  if (zeroPoint !== undefined) perColumn(scope, 3, zeroPoint, columns);
  const bias = scope.optional(4, 'float32');
  if (bias !== undefined && bias.shape.join() !== `${columns}`) throw scope.shapeError(4, `[${columns}]`);
  return [{ type: 'float32', shape: product(scope, left, 1, weight.type) }];
};

function perColumn(scope: NodeScope, index: number, value: Known, columns: Dimension): void {
  const one = value.shape.length === 0 || value.shape.join() === '1';
  if (!one && value.shape.join() !== `${columns}`) throw scope.shapeError(index, `one number, or [${columns}]`);
}

/** Shape of `left · input index`, the matrix product of the last two dimensions. */
function product(scope: NodeScope, left: Known, index: number, type: Known['type']): Dimension[] {
  const right = scope.input(index, type);
  if (left.shape.length < 2) throw scope.shapeError(0, 'at least 2 dimensions');
  if (right.shape.length < 2) throw scope.shapeError(index, 'at least 2 dimensions');
  const inner = left.shape.at(-1) ?? 1;
  if (!compatible(inner, right.shape.at(-2) ?? 1))
    throw scope.shapeError(index, `${inner} at its last but one dimension`);
  const outer = broadcast(left.shape.slice(0, -2), right.shape.slice(0, -2));
  if (outer === undefined) throw scope.shapeError(index, `to stretch to [${left.shape.join(', ')}]`);
  return [...outer, left.shape.at(-2) ?? 1, right.shape.at(-1) ?? 1];
}

const layerNormalization: Rule = (scope) => {
  const { shape } = scope.input(0, 'float32');
  const axis = scope.axis(scope.int('axis', -1), shape.length);
  const normed = shape.slice(axis);
  for (const index of [1, 2]) {
    const weights = index === 1 ? scope.input(1, 'float32') : scope.optional(2, 'float32');
    if (weights !== undefined && weights.shape.join() !== normed.join()) {
      throw scope.shapeError(index, `[${normed.join(', ')}]`);
    }
  }
  return [{ type: 'float32', shape }];
};

/** Axes in an input (ReduceSum) or an attribute (ReduceMax before opset 18); none means all. */
const reduce: Rule = (scope) => {
  const { type, shape } = scope.input(0, 'float32', 'int32', 'int64');
  const given = scope.inputCount > 1 ? scope.numbers(1) : (scope.ints('axes') ?? shape.map((_, axis) => axis));
  const axes = given.map((axis) => scope.axis(axis, shape.length));
  const kept = scope.int('keepdims', 1) === 1;
  const reduced = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return [{ type, shape: kept ? reduced : reduced.filter((_, axis) => !axes.includes(axis)) }];
};

/** One spatial dimension, as DeBERTa's convolution has it. */
const convolution: Rule = (scope) => {
  const [batch = 1, channels = 1, length = 1] = scope.ranked(0, 3, 'float32').shape;
  const [filters = 1, perGroup = 1, width = 1] = scope.ranked(1, 3, 'float32').shape;
  const group = scope.int('group', 1);
  if (typeof perGroup !== 'number' || !compatible(perGroup * group, channels)) {
    throw scope.shapeError(1, `${channels} channels in ${group} groups`);
  }
  const [before = 0, after = 0] = scope.ints('pads') ?? [];
  const added = before + after + 1 - Number(width);
  const result = typeof length === 'number' ? length + added : added === 0 ? length : scope.unknownSize(2);
  return [{ type: 'float32', shape: [batch, filters, result] }];
};

const multiHeadAttention: Rule = (scope) => {
  const query = scope.ranked(0, 3, 'float32');
  const key = scope.ranked(1, 3, 'float32');
  const value = scope.ranked(2, 3, 'float32');
  const [batch = 1, queries = 1, hidden = 1] = query.shape;
  const keys = key.shape[1] ?? 1;
  const headCount = scope.int('num_heads');
  if (typeof hidden === 'number' && hidden % headCount !== 0) throw scope.shapeError(0, `a multiple of ${headCount}`);
  if (!fits(key.shape, [batch, keys, hidden])) throw scope.shapeError(1, `[${batch}, sequence, ${hidden}]`);
  if (!fits(value.shape, [batch, keys, value.shape[2] ?? 1])) throw scope.shapeError(2, `[${batch}, ${keys}, hidden]`);
  const lengths = scope.optional(4, 'int32');
  if (lengths !== undefined && !fits(lengths.shape, [batch])) throw scope.shapeError(4, `[${batch}]`);
  const bias = scope.optional(5, 'float32');
  if (bias !== undefined) {
    const wanted = [batch, headCount, queries, keys];
    const ends = bias.shape.length === 4 && fits(bias.shape.slice(2), [queries, keys]);
    if (!ends || broadcast(bias.shape, wanted) === undefined) throw scope.shapeError(5, `[${wanted.join(', ')}]`);
  }
  return [{ type: 'float32', shape: [batch, queries, value.shape[2] ?? hidden] }];
};

function fits(shape: readonly Dimension[], wanted: readonly Dimension[]): boolean {
  return shape.length === wanted.length && shape.every((size, axis) => compatible(size, wanted[axis] ?? 1));
}

const rotaryEmbedding: Rule = (scope) => {
  const { shape } = scope.ranked(0, 3, 'float32');
  scope.ranked(1, 1, 'int64');
  const cosines = scope.ranked(2, 2, 'float32');
  const sines = scope.ranked(3, 2, 'float32');
  const hidden = shape[2] ?? 1;
  const half = Number(hidden) / scope.int('num_heads') / 2;
  const wanted = [better(cosines.shape[0] ?? 1, shape[1] ?? 1), half];
  if (!fits(cosines.shape, wanted)) throw scope.shapeError(2, `[sequence, ${half}]`);
  if (!fits(sines.shape, wanted)) throw scope.shapeError(3, `[sequence, ${half}]`);
  return [{ type: 'float32', shape }];
};

/** Operators with weights or heads of their own. */
export const LAYER_RULES: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  LayerNormalization: layerNormalization,
  MatMul: matmul,
  ReduceMax: reduce,
  ReduceSum: reduce,
  'com.microsoft:DynamicQuantizeMatMul': dynamicQuantizeMatmul,
  'com.microsoft:MultiHeadAttention': multiHeadAttention,
  'com.microsoft:RotaryEmbedding': rotaryEmbedding,
};
