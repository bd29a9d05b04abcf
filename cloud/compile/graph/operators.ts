import type { GraphBuilder } from './builder.ts';
import type { Attribute, ElementType } from './graph.ts';

/** ONNX `TensorProto.DataType`, which `Cast` carries as a number. */
export const ONNX_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const satisfies Record<ElementType, number>;

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });

/** `a + b` with broadcasting. */
export function add(graph: GraphBuilder, a: string, b: string, name: string): string {
  return graph.node('Add', [a, b], { name });
}

/** `a · b`, element by element, with broadcasting. */
export function multiply(graph: GraphBuilder, a: string, b: string, name: string): string {
  return graph.node('Mul', [a, b], { name });
}

/** Matrix product of the last two dimensions. */
export function matmul(graph: GraphBuilder, a: string, b: string, name: string): string {
  return graph.node('MatMul', [a, b], { name });
}

/** Element type conversion. */
export function cast(graph: GraphBuilder, value: string, to: ElementType, name: string): string {
  return graph.node('Cast', [value], { name, attributes: { to: int(ONNX_TYPES[to]) } });
}

/** Swaps dimensions about. */
export function transpose(graph: GraphBuilder, value: string, order: readonly number[], name: string): string {
  return graph.node('Transpose', [value], { name, attributes: { perm: ints(...order) } });
}

/** New dimensions for the same elements; 0 keeps a dimension, -1 takes what is left. */
export function reshape(graph: GraphBuilder, value: string, shape: readonly number[], name: string): string {
  return graph.node('Reshape', [value, graph.dimensions(...shape)], { name });
}

/** Elements `start` to `end` (exclusive) along `axis`. */
export function slice(
  graph: GraphBuilder,
  value: string,
  { axis, start, end }: { axis: number; start: number; end: number },
  name: string,
): string {
  return graph.node('Slice', [value, graph.dimensions(start), graph.dimensions(end), graph.dimensions(axis)], { name });
}

/** Cuts the last dimension of `value` into parts of these sizes. */
export function splitLast(graph: GraphBuilder, value: string, sizes: readonly number[], name: string): string[] {
  const inputs = [value, graph.dimensions(...sizes)];
  return graph.split('Split', inputs, sizes.length, { name, attributes: { axis: int(-1) } });
}

/** Softmax over the last dimension. */
export function softmax(graph: GraphBuilder, value: string, name: string): string {
  return graph.node('Softmax', [value], { name, attributes: { axis: int(-1) } });
}

/** Size of one dimension of `value`, an int64 scalar. */
export function sizeOf(graph: GraphBuilder, value: string, axis: number, name: string): string {
  const attributes = { start: int(axis), end: int(axis + 1) };
  const shape = graph.node('Shape', [value], { name: `${name}.shape`, attributes });
  return graph.node('Squeeze', [shape, graph.dimensions(0)], { name });
}
