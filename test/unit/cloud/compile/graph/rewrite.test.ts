import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../../../cloud/compile/graph/builder.ts';
import type { Graph, GraphNode } from '../../../../../cloud/compile/graph/graph.ts';
import {
  addInitializers,
  addOutputs,
  consumersOf,
  freshValueName,
  nodeNamed,
  producerOf,
  removeDeadNodes,
  removeUnusedInitializers,
  replaceNode,
  replaceNodes,
} from '../../../../../cloud/compile/graph/rewrite.ts';

test('makers and readers of a value are found', () => {
  const graph = chain();

  expect(producerOf(graph, 'a.out')?.name).toBe('a');
  expect(producerOf(graph, 'x')).toBeUndefined();
  expect(consumersOf(graph, 'a.out').map((node) => node.name)).toEqual(['b', 'dead']);
});

test('a node is replaced where it stood', () => {
  const graph = chain();
  const [first, second] = [relu('b1', 'a.out', 'half'), relu('b2', 'half', 'y')];

  const changed = replaceNode(graph, 'b', [first, second]);

  expect(changed.nodes.map((node) => node.name)).toEqual(['a', 'b1', 'b2', 'dead']);
  expect(graph.nodes.map((node) => node.name)).toEqual(['a', 'b', 'dead']);
});

test('several nodes are replaced in one go', () => {
  const replacements = new Map([
    ['a', [relu('new', 'x', 'a.out')]],
    ['dead', []],
  ]);

  const changed = replaceNodes(chain(), replacements);

  expect(changed.nodes.map((node) => node.name)).toEqual(['new', 'b']);
});

test('dead nodes go, and with them the initialisers that only they read', () => {
  const cleaned = removeDeadNodes(chain());

  expect(cleaned.nodes.map((node) => node.name)).toEqual(['a', 'b']);
  expect([...cleaned.initializers.keys()]).toEqual(['used']);
});

test('initialisers are added, and go again when nothing reads them', () => {
  const added = addInitializers(chain(), [{ name: 'new', type: 'float32', shape: [], data: Float32Array.of(1) }]);

  const cleaned = removeUnusedInitializers(added);

  expect(added.initializers.has('new')).toBe(true);
  expect([...cleaned.initializers.keys()]).toEqual(['used', 'for the dead']);
});

test('values on the way become outputs', () => {
  const watched = addOutputs(chain(), [{ name: 'a.out', type: 'float32', shape: [] }]);

  expect(watched.outputs.map((output) => output.name)).toEqual(['y', 'a.out']);
});

test('a fresh value name is one that nothing has', () => {
  const names = ['x', 'used', 'a.out', 'new'].map((wanted) => freshValueName(chain(), wanted));

  expect(names).toEqual(['x.2', 'used.2', 'a.out.2', 'new']);
});

test('a node that is not there is refused by name', () => {
  const missing = expect.objectContaining({ code: 'GRAPH_NODE_UNKNOWN', what: expect.stringContaining('ghost') });

  expect(() => nodeNamed(chain(), 'ghost')).toThrow(missing);
  expect(() => replaceNodes(chain(), new Map([['ghost', []]]))).toThrow(missing);
});

function chain(): Graph {
  const graph = new GraphBuilder('chain');
  const x = graph.input('x', 'float32', []);
  const a = graph.node('Add', [x, graph.weights('used', [], Float32Array.of(1))], { name: 'a' });
  const b = graph.node('Relu', [a], { name: 'b' });
  graph.node('Add', [a, graph.weights('for the dead', [], Float32Array.of(2))], { name: 'dead' });
  graph.output('y', b, 'float32', []);
  return graph.build();
}

function relu(name: string, input: string, output: string): GraphNode {
  return { name, operator: 'Relu', domain: '', inputs: [input], outputs: [output], attributes: {} };
}
