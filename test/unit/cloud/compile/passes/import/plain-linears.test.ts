import { describe, expect, test } from 'vitest';
import type { Attribute, Graph, GraphNode, Initializer } from '../../../../../../cloud/compile/graph/graph.ts';
import { plainLinears } from '../../../../../../cloud/compile/passes/import/plain-linears.ts';

const int = (value: number): Attribute => ({ kind: 'int', value });
const float = (value: number): Attribute => ({ kind: 'float', value });

const weight = tensor('w', [2, 3], [1, 2, 3, 4, 5, 6]);
const bias = tensor('b', [3], [7, 8, 9]);

test('a Gemm becomes MatMul and Add under its layer’s name', () => {
  const graph = plainLinears(graphOf([node('Gemm', '/model/classifier/Gemm', ['x', 'w', 'b'])], weight, bias));

  expect(graph.nodes.map(({ operator, name, inputs, outputs }) => [operator, name, ...inputs, ...outputs])).toEqual([
    ['MatMul', 'model.classifier', 'x', 'w', '/model/classifier/Gemm.y.product'],
    ['Add', 'model.classifier.bias', '/model/classifier/Gemm.y.product', 'b', '/model/classifier/Gemm.y'],
  ]);
});

test('the matrix of a Gemm with transB is turned once and for all', () => {
  const turned = tensor('w', [3, 2], [1, 4, 2, 5, 3, 6]);
  const gemm = node('Gemm', 'head', ['x', 'w', 'b'], { transB: int(1), alpha: float(1), beta: float(1) });

  const graph = plainLinears(graphOf([gemm], turned, bias));

  expect(graph.nodes[0]?.inputs).toEqual(['x', 'head.weight']);
  expect(graph.initializers.get('head.weight')).toMatchObject({ shape: [2, 3], data: weight.data });
});

test('a Gemm without bias becomes the MatMul alone', () => {
  const graph = plainLinears(graphOf([node('Gemm', 'head', ['x', 'w'])], weight));

  expect(graph.nodes.map(({ operator, outputs }) => [operator, ...outputs])).toEqual([['MatMul', 'head.y']]);
});

test('an Add with the bias in front is turned round and named for its layer', () => {
  const product = node('MatMul', '/bert/query/MatMul', ['x', 'w']);
  const sum = node('Add', '/bert/query/Add', ['b', '/bert/query/MatMul.y']);

  const graph = plainLinears(graphOf([product, sum], weight, bias));

  expect(graph.nodes.map(({ name, inputs }) => [name, ...inputs])).toEqual([
    ['bert.query', 'x', 'w'],
    ['bert.query.bias', '/bert/query/MatMul.y', 'b'],
  ]);
});

test('an embedding is named by its path', () => {
  const graph = plainLinears(graphOf([node('Gather', '/bert/word_embeddings/Gather', ['w', 'ids'])], weight));

  expect(graph.nodes[0]?.name).toBe('bert.word_embeddings');
});

test('layers of one path get names of their own', () => {
  const nodes = [node('MatMul', '/a/MatMul', ['x', 'w']), node('MatMul', '/a/MatMul_1', ['x', 'w'])];

  const graph = plainLinears(graphOf(nodes, weight));

  expect(graph.nodes.map((item) => item.name)).toEqual(['a', 'a.2']);
});

describe('what is no plain linear stays as it is', () => {
  const left: readonly [what: string, GraphNode][] = [
    ['a factor', node('Gemm', 'g', ['x', 'w', 'b'], { alpha: float(0.5) })],
    ['a factor on the bias', node('Gemm', 'g', ['x', 'w', 'b'], { beta: float(2) })],
    ['a turned input', node('Gemm', 'g', ['x', 'w', 'b'], { transA: int(1) })],
    ['a product of two values', node('MatMul', 'm', ['x', 'y'])],
    ['rows picked along another axis', node('Gather', 'g', ['w', 'ids'], { axis: int(1) })],
    ['an Add of no layer', node('Add', 'a', ['b', 'x'])],
    ['a vector', node('MatMul', 'm', ['x', 'b'])],
  ];

  test.each(left)('%s', (_, item) => {
    const graph = plainLinears(graphOf([item], weight, bias));

    expect(graph.nodes).toEqual([item]);
  });
});

function graphOf(nodes: GraphNode[], ...initializers: Initializer[]): Graph {
  const byName = new Map(initializers.map((item) => [item.name, item]));
  return { name: 'test', opset: 17, inputs: [], outputs: [], initializers: byName, nodes };
}

function node(operator: string, name: string, inputs: string[], attributes: GraphNode['attributes'] = {}): GraphNode {
  return { name, operator, domain: '', inputs, outputs: [`${name}.y`], attributes };
}

function tensor(name: string, shape: number[], numbers: number[]): Initializer {
  return { name, type: 'float32', shape, data: Float32Array.from(numbers) };
}
