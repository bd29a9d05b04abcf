import { expect, test } from 'vitest';
import type { Attribute, Graph, GraphNode, Initializer } from '../../../../../../cloud/compile/graph/graph.ts';
import { foldConstants } from '../../../../../../cloud/compile/passes/import/fold-constants.ts';

const matrix: Initializer = {
  name: 'w',
  type: 'float32',
  shape: [2, 3],
  data: Float32Array.of(1, 2, 3, 4, 5, 6),
};

test.each<[name: string, attribute: Attribute, expected: Omit<Initializer, 'name'>]>([
  ['value', { kind: 'tensor', value: matrix }, { type: 'float32', shape: [2, 3], data: matrix.data }],
  ['value_float', { kind: 'float', value: 2 }, { type: 'float32', shape: [], data: Float32Array.of(2) }],
  ['value_floats', { kind: 'floats', value: [1, 2] }, { type: 'float32', shape: [2], data: Float32Array.of(1, 2) }],
  ['value_int', { kind: 'int', value: 2 }, { type: 'int64', shape: [], data: BigInt64Array.of(2n) }],
  ['value_ints', { kind: 'ints', value: [1, 2] }, { type: 'int64', shape: [2], data: BigInt64Array.of(1n, 2n) }],
])('a Constant with %s becomes an initialiser', (name, attribute, expected) => {
  const graph = foldConstants(graphOf([node('Constant', [], 'c', { [name]: attribute }), node('Relu', ['c'], 'y')]));

  expect(graph.initializers.get('c')).toEqual({ name: 'c', ...expected });
  expect(graph.nodes.map((item) => item.operator)).toEqual(['Relu']);
});

test('a Constant of another kind stays', () => {
  const kept = node('Constant', [], 'c', { value_string: { kind: 'string', value: 'a' } });

  expect(foldConstants(graphOf([kept])).nodes).toEqual([kept]);
});

test('a constant matrix that is transposed becomes another one', () => {
  const graph = foldConstants(graphOf([node('Transpose', ['w'], 't', { perm: { kind: 'ints', value: [1, 0] } })]));

  expect(graph.initializers.get('t')).toMatchObject({ shape: [3, 2], data: Float32Array.of(1, 4, 2, 5, 3, 6) });
});

test('a Transpose of what is computed, or that changes nothing, stays', () => {
  const computed = node('Transpose', ['x'], 't');
  const same = node('Transpose', ['w'], 's', { perm: { kind: 'ints', value: [0, 1] } });

  expect(foldConstants(graphOf([computed, same])).nodes).toEqual([computed, same]);
});

test('an Identity is passed over, chains of them too', () => {
  const nodes = [node('Identity', ['x'], 'a'), node('Identity', ['a'], 'b'), node('Relu', ['b'], 'y')];

  const graph = foldConstants(graphOf(nodes));

  expect(graph.nodes.map(({ operator, inputs }) => [operator, ...inputs])).toEqual([['Relu', 'x']]);
});

test('a node that makes a graph output stays, for its name’s sake', () => {
  const last = node('Identity', ['x'], 'y');

  expect(foldConstants(graphOf([last])).nodes).toEqual([last]);
});

function graphOf(nodes: GraphNode[]): Graph {
  const initializers = new Map([['w', matrix]]);
  return {
    name: 'test',
    opset: 17,
    inputs: [{ name: 'x', type: 'float32', shape: [] }],
    outputs: [{ name: 'y', type: 'float32', shape: [] }],
    initializers,
    nodes,
  };
}

function node(operator: string, inputs: string[], output: string, attributes: GraphNode['attributes'] = {}): GraphNode {
  return { name: output, operator, domain: '', inputs, outputs: [output], attributes };
}
