import type { Dimension, ElementType } from '../graph.ts';
import { ONNX_TYPES } from '../operators.ts';
import { broadcast, type Known, type NodeScope, type Rule } from './scope.ts';

const NUMBERS: readonly ElementType[] = ['float32', 'int32', 'int64'];

/** One float in, one float out, of the same shape. */
const unary: Rule = (scope) => [{ type: 'float32', shape: scope.input(0, 'float32').shape }];

/** Two numbers of one type, stretched to each other. `compute` follows sizes through the arithmetic. */
function arithmetic(compute?: (a: number, b: number) => number): Rule {
  return (scope) => {
    const { a, b, shape } = operands(scope, NUMBERS);
    return [{ type: a.type, shape, sizes: compute === undefined ? undefined : combine(scope, a, b, compute) }];
  };
}

/** Two of one type, stretched to each other, compared. */
const comparison: Rule = (scope) => [{ type: 'bool', shape: operands(scope, [...NUMBERS, 'bool']).shape }];

const logicalNot: Rule = (scope) => [{ type: 'bool', shape: scope.input(0, 'bool').shape }];

const cast: Rule = (scope) => {
  const { shape, sizes } = scope.input(0);
  const to = scope.int('to');
  const type = (Object.keys(ONNX_TYPES) as ElementType[]).find((name) => ONNX_TYPES[name] === to);
  if (type === undefined) throw scope.error('GRAPH_ATTRIBUTE', `attribute to is ${to}, no element type of ours`);
  return [{ type, shape, sizes: type === 'int64' || type === 'int32' ? sizes : undefined }];
};

const cumulativeSum: Rule = (scope) => {
  const { type, shape } = scope.input(0, 'float32', 'int32', 'int64');
  scope.ranked(1, 0, 'int32', 'int64');
  return [{ type, shape }];
};

const softmax: Rule = (scope) => {
  const { shape } = scope.input(0, 'float32');
  scope.axis(scope.int('axis', -1), shape.length);
  return [{ type: 'float32', shape }];
};

const identity: Rule = (scope) => [scope.input(0)];

function operands(
  scope: NodeScope,
  types: readonly ElementType[],
): { readonly a: Known; readonly b: Known; readonly shape: readonly Dimension[] } {
  const a = scope.input(0, ...types);
  const b = scope.input(1, a.type);
  const shape = broadcast(a.shape, b.shape);
  if (shape === undefined) throw scope.shapeError(1, `to stretch to [${a.shape.join(', ')}]`);
  return { a, b, shape };
}

function combine(
  scope: NodeScope,
  a: Known,
  b: Known,
  compute: (a: number, b: number) => number,
): readonly Dimension[] | undefined {
  if (a.sizes === undefined || b.sizes === undefined || a.sizes.length !== b.sizes.length) return undefined;
  const right = b.sizes;
  return a.sizes.map((left, index) => {
    const other = right[index];
    return typeof left === 'number' && typeof other === 'number' ? compute(left, other) : scope.unknownSize(index);
  });
}

/** Operators that work element by element. */
export const ELEMENTWISE_RULES: Readonly<Record<string, Rule>> = {
  Abs: unary,
  Add: arithmetic((a, b) => a + b),
  Cast: cast,
  Cos: unary,
  CumSum: cumulativeSum,
  Div: arithmetic(),
  Equal: comparison,
  Identity: identity,
  Less: comparison,
  Mul: arithmetic((a, b) => a * b),
  Not: logicalNot,
  Relu: unary,
  Sigmoid: unary,
  Sin: unary,
  Softmax: softmax,
  Sub: arithmetic((a, b) => a - b),
  Tanh: unary,
  'com.microsoft:FastGelu': unary,
  'com.microsoft:Gelu': unary,
  'com.microsoft:QuickGelu': unary,
};
