import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../../../../cloud/compile/graph/builder.ts';
import type { Graph } from '../../../../../../cloud/compile/graph/graph.ts';
import { fuseGelu } from '../../../../../../cloud/compile/passes/import/fuse-gelu.ts';

interface Form {
  readonly divisor?: number;
  readonly added?: number;
  readonly factor?: number;
  readonly square?: boolean;
  readonly watched?: boolean;
}

test('the five nodes of an exported GELU become one', () => {
  const { nodes, initializers } = fuseGelu(exported({}));

  expect(nodes.map(({ domain, operator, inputs, outputs }) => [domain, operator, ...inputs, ...outputs])).toEqual([
    ['com.microsoft', 'Gelu', 'x', 'y'],
  ]);
  expect(initializers.size).toBe(0);
});

describe('what only looks like it stays as it is', () => {
  test.each<[what: string, form: Form]>([
    ['another divisor', { divisor: 1.5 }],
    ['another sum', { added: 2 }],
    ['another factor', { factor: 1 }],
    ['another value in the product', { square: true }],
    ['a step that something else reads', { watched: true }],
  ])('%s', (_, form) => {
    const graph = exported(form);

    expect(fuseGelu(graph)).toBe(graph);
  });
});

function exported({ divisor = Math.SQRT2, added = 1, factor = 0.5, square, watched }: Form): Graph {
  const graph = new GraphBuilder('gelu');
  const x = graph.input('x', 'float32', ['n']);
  const divided = graph.node('Div', [x, graph.scalar(divisor)], { name: 'div' });
  const erf = graph.node('Erf', [divided], { name: 'erf' });
  const sum = graph.node('Add', [erf, graph.scalar(added)], { name: 'add' });
  const product = graph.node('Mul', [square === true ? divided : x, sum], { name: 'mul' });
  const half = graph.node('Mul', [graph.scalar(factor), product], { name: 'half' });
  if (watched === true) graph.output('seen', graph.node('Relu', [product], { name: 'relu' }), 'float32', ['n']);
  graph.output('y', half, 'float32', ['n']);
  return graph.build();
}
