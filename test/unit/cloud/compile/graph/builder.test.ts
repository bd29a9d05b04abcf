import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../../../cloud/compile/graph/builder.ts';
import { embedding, linear } from '../../../../../cloud/compile/graph/layers.ts';

test('a linear is a MatMul named for its layer on the transposed weight, then an Add of the bias', () => {
  const graph = new GraphBuilder('test');
  const x = graph.input('x', 'float32', ['batch', 2]);

  linear(graph, x, Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(7, 8, 9), {
    name: 'layer.0.feed_forward.in',
    inFeatures: 2,
    outFeatures: 3,
  });

  const { nodes, initializers } = graph.build();
  expect(nodes.map(({ name, operator, inputs }) => [operator, name, ...inputs])).toEqual([
    ['MatMul', 'layer.0.feed_forward.in', 'x', 'layer.0.feed_forward.in.weight'],
    ['Add', 'layer.0.feed_forward.in.bias', 'layer.0.feed_forward.in.out', 'layer.0.feed_forward.in.bias'],
  ]);
  expect(initializers.get('layer.0.feed_forward.in.weight')).toMatchObject({
    shape: [2, 3],
    data: Float32Array.of(1, 3, 5, 2, 4, 6),
  });
});

test('a linear without bias is the MatMul alone', () => {
  const graph = new GraphBuilder('test');

  linear(graph, 'x', Float32Array.of(1), undefined, { name: 'plain', inFeatures: 1, outFeatures: 1 });

  expect(graph.build().nodes.map((node) => node.operator)).toEqual(['MatMul']);
});

test('an embedding is a Gather on its table', () => {
  const graph = new GraphBuilder('test');

  embedding(graph, 'ids', new Float32Array(6), { name: 'embeddings.word', width: 2 });

  const { nodes, initializers } = graph.build();
  expect(nodes[0]).toMatchObject({
    operator: 'Gather',
    name: 'embeddings.word',
    inputs: ['embeddings.word.weight', 'ids'],
  });
  expect(initializers.get('embeddings.word.weight')?.shape).toEqual([3, 2]);
});

test('node names that are taken get a number, so that values stay apart', () => {
  const graph = new GraphBuilder('test');

  const outputs = [1, 2, 3].map(() => graph.node('Relu', ['x'], { name: 'relu' }));

  expect(outputs).toEqual(['relu.out', 'relu.2.out', 'relu.3.out']);
});

test('the same small constant is stored once', () => {
  const graph = new GraphBuilder('test');

  const names = [graph.dimensions(0, -1), graph.dimensions(0, -1), graph.scalar(2), graph.scalar(2), graph.integer(2)];

  expect(new Set(names).size).toBe(3);
  expect(graph.build().initializers.size).toBe(3);
});

test('an output takes the name that is asked for, wherever the value is read', () => {
  const graph = new GraphBuilder('test');
  const x = graph.input('x', 'float32', []);
  const middle = graph.node('Relu', [x], { name: 'first' });
  graph.node('Tanh', [middle], { name: 'second' });

  graph.output('logits', middle, 'float32', []);

  const { nodes, outputs } = graph.build();
  expect(nodes.map((node) => [...node.inputs, ...node.outputs])).toEqual([
    ['x', 'logits'],
    ['logits', 'second.out'],
  ]);
  expect(outputs).toEqual([{ name: 'logits', type: 'float32', shape: [] }]);
});

test.each<[what: string, code: string, act: (graph: GraphBuilder) => void]>([
  ['a value name twice', 'GRAPH_NAME_TAKEN', (graph) => graph.input('x', 'float32', [])],
  ['an empty value name', 'GRAPH_NAME_TAKEN', (graph) => graph.input('', 'float32', [])],
  ['fewer numbers than the shape', 'GRAPH_INITIALIZER_SIZE', (graph) => graph.weights('w', [2], new Float32Array(1))],
  ['an output that nothing makes', 'GRAPH_VALUE_UNKNOWN', (graph) => graph.output('y', 'ghost', 'float32', [])],
])('%s is refused', (_, code, act) => {
  const graph = new GraphBuilder('test');
  graph.input('x', 'float32', []);

  expect(() => act(graph)).toThrow(expect.objectContaining({ code }));
});
