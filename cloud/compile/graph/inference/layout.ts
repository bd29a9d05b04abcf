import type { Dimension } from '../graph.ts';
import type { Rule } from './scope.ts';
import { better, compatible, type NodeScope } from './scope.ts';

const shape: Rule = (scope) => {
  const whole = scope.input(0).shape;
  const sizes = whole.slice(scope.int('start', 0), scope.int('end', whole.length));
  return [{ type: 'int64', shape: [sizes.length], sizes }];
};

const squeeze: Rule = (scope) => {
  const value = scope.input(0);
  const axes = scope.numbers(1).map((axis) => scope.axis(axis, value.shape.length));
  for (const axis of axes) {
    if (value.shape[axis] !== 1) throw scope.shapeError(0, `size 1 at dimension ${axis}`);
  }
  return [{ ...value, shape: value.shape.filter((_, axis) => !axes.includes(axis)) }];
};

const unsqueeze: Rule = (scope) => {
  const value = scope.input(0);
  const added = scope.numbers(1);
  const rank = value.shape.length + added.length;
  const axes = added.map((axis) => scope.axis(axis, rank));
  const rest = [...value.shape];
  const result = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1)));
  return [{ ...value, shape: result, sizes: rank === 1 ? value.sizes : undefined }];
};

const transpose: Rule = (scope) => {
  const value = scope.input(0);
  const rank = value.shape.length;
  const order = scope.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (order.length !== rank || new Set(order).size !== rank) throw scope.shapeError(0, `${order.length} dimensions`);
  return [{ type: value.type, shape: order.map((axis) => value.shape[scope.axis(axis, rank)] ?? 1) }];
};

const reshape: Rule = (scope) => {
  const value = scope.input(0);
  const wanted = scope.sizes(1);
  const kept = wanted.map((size, axis) => (size === 0 ? (value.shape[axis] ?? size) : size));
  const openAxis = kept.indexOf(-1);
  const result = kept.map((size, axis) => (axis === openAxis ? openSize(scope, value.shape, kept) : size));
  const [before, after] = [numberOfElements(value.shape), numberOfElements(result)];
  if (before !== undefined && after !== undefined && before !== after) {
    throw scope.shapeError(0, `as many elements as [${result.join(', ')}]`);
  }
  return [{ type: value.type, shape: result }];
};

/** What -1 in a Reshape stands for: the elements left when the sizes on both sides are cancelled. */
function openSize(scope: NodeScope, from: readonly Dimension[], to: readonly Dimension[]): Dimension {
  const axis = to.indexOf(-1);
  const left = [...from];
  const right: Dimension[] = [];
  for (const size of to) {
    if (size === -1) continue;
    const same = left.indexOf(size);
    if (same >= 0) left.splice(same, 1);
    else right.push(size);
  }
  if (right.length === 0 && left.length === 1) return left[0] ?? scope.unknownSize(axis);
  const [elements, divisor] = [numberOfElements(left), numberOfElements(right)];
  if (elements === undefined || divisor === undefined) return scope.unknownSize(axis);
  if (divisor === 0 || elements % divisor !== 0) throw scope.shapeError(0, `a multiple of ${divisor} elements`);
  return elements / divisor;
}

function numberOfElements(sizes: readonly Dimension[]): number | undefined {
  let product = 1;
  for (const size of sizes) {
    if (typeof size !== 'number') return undefined;
    product *= size;
  }
  return product;
}

const slice: Rule = (scope) => {
  const value = scope.input(0);
  const starts = scope.sizes(1);
  const ends = scope.sizes(2);
  const axes = scope.inputCount > 3 ? scope.numbers(3) : starts.map((_, axis) => axis);
  if (scope.inputCount > 4 && scope.numbers(4).some((step) => step !== 1)) {
    throw scope.error('GRAPH_INPUT', 'steps other than 1 are not inferred');
  }
  const result = [...value.shape];
  for (const [index, wanted] of axes.entries()) {
    const axis = scope.axis(wanted, result.length);
    result[axis] = sliced(scope, value.shape[axis] ?? 1, starts[index] ?? 0, ends[index] ?? 0, axis);
  }
  return [{ type: value.type, shape: result }];
};

function sliced(scope: NodeScope, size: Dimension, start: Dimension, end: Dimension, axis: number): Dimension {
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const clamp = (position: number): number => Math.min(Math.max(position < 0 ? position + size : position, 0), size);
    return Math.max(clamp(end) - clamp(start), 0);
  }
  if (start === 0 && end === 1) return 1;
  if (start === 0 && typeof end === 'string') return end;
  return scope.unknownSize(axis);
}

const split: Rule = (scope) => {
  const value = scope.input(0);
  const axis = scope.axis(scope.int('axis', 0), value.shape.length);
  const sizes = scope.numbers(1);
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (sizes.length !== scope.node.outputs.length || !compatible(sum, value.shape[axis] ?? 0)) {
    throw scope.shapeError(0, `${sum} at dimension ${axis} for ${scope.node.outputs.length} outputs`);
  }
  return sizes.map((size) => ({ type: value.type, shape: value.shape.with(axis, size) }));
};

const concat: Rule = (scope) => {
  const first = scope.input(0);
  const axis = scope.axis(scope.int('axis'), first.shape.length);
  const parts = scope.node.inputs.map((_, index) => scope.ranked(index, first.shape.length, first.type));
  const result = [...first.shape];
  let total: Dimension = 0;
  for (const [index, part] of parts.entries()) {
    for (const [at, size] of part.shape.entries()) {
      if (at === axis) continue;
      if (!compatible(size, result[at] ?? 1)) throw scope.shapeError(index, `${result[at]} at dimension ${at}`);
      result[at] = better(result[at] ?? 1, size);
    }
    const size = part.shape[axis];
    total = typeof total === 'number' && typeof size === 'number' ? total + size : scope.unknownSize(axis);
  }
  const sizes = parts.every((part) => part.sizes !== undefined) ? parts.flatMap((part) => part.sizes ?? []) : undefined;
  return [{ type: first.type, shape: result.with(axis, total), sizes }];
};

const range: Rule = (scope) => {
  const start = scope.ranked(0, 0, 'int64', 'int32');
  const limit = scope.ranked(1, 0, start.type);
  const step = scope.ranked(2, 0, start.type);
  const fromZero = start.sizes?.[0] === 0 && step.sizes?.[0] === 1;
  return [{ type: start.type, shape: [(fromZero ? limit.sizes?.[0] : undefined) ?? scope.unknownSize(0)] }];
};

const gather: Rule = (scope) => {
  const table = scope.input(0);
  const ids = scope.input(1, 'int32', 'int64');
  const axis = scope.axis(scope.int('axis', 0), table.shape.length);
  return [{ type: table.type, shape: [...table.shape.slice(0, axis), ...ids.shape, ...table.shape.slice(axis + 1)] }];
};

/** Operators that move elements about without changing them. */
export const LAYOUT_RULES: Readonly<Record<string, Rule>> = {
  Concat: concat,
  Gather: gather,
  Range: range,
  Reshape: reshape,
  Shape: shape,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
};
