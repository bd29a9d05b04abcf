import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../../../cloud/compile/graph/builder.ts';
import { checkGraph } from '../../../../../cloud/compile/graph/check-graph.ts';
import type {
  Attribute,
  Dimension,
  ElementType,
  Graph,
  OperatorDomain,
} from '../../../../../cloud/compile/graph/graph.ts';

/** An input: type and shape, or a constant vector of int64. */
type Operand = readonly [type: ElementType, shape: readonly Dimension[]] | readonly number[];

interface Case {
  readonly operator: string;
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputCount?: number;
}

const int = (value: number): Attribute => ({ kind: 'int', value });
const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
const f = (...shape: Dimension[]): Operand => ['float32', shape];
const i32 = (...shape: Dimension[]): Operand => ['int32', shape];
const i64 = (...shape: Dimension[]): Operand => ['int64', shape];
const MS = 'com.microsoft:';
const heads = { num_heads: int(4) };

const INFERRED: readonly [what: string, expected: string, node: Case][] = [
  [
    'addition stretches',
    'float32 [batch, sequence, 8]',
    { operator: 'Add', inputs: [f('batch', 'sequence', 8), f(8)] },
  ],
  ['one stretches to a name', 'float32 [batch, 8]', { operator: 'Mul', inputs: [f('batch', 1), f(1, 8)] }],
  ['comparison', 'bool [batch, sequence]', { operator: 'Less', inputs: [i32('sequence'), i32('batch', 1)] }],
  ['cast', 'int8 [3]', { operator: 'Cast', inputs: [f(3)], attributes: { to: int(3) } }],
  [
    'matrix product',
    'float32 [batch, sequence, 5]',
    { operator: 'MatMul', inputs: [f('batch', 'sequence', 8), f(8, 5)] },
  ],
  ['batched product', 'float32 [b, 4, s, 6]', { operator: 'MatMul', inputs: [f('b', 4, 's', 3), f(4, 3, 6)] }],
  [
    'rows of a table',
    'float32 [batch, sequence, 8]',
    { operator: 'Gather', inputs: [f(100, 8), i32('batch', 'sequence')] },
  ],
  [
    'columns of a table',
    'float32 [4, s, s]',
    { operator: 'Gather', inputs: [f(4, 9), i64('s', 's')], attributes: { axis: int(1) } },
  ],
  [
    'transposition',
    'float32 [s, b, 4]',
    { operator: 'Transpose', inputs: [f('b', 's', 4)], attributes: { perm: ints(1, 0, 2) } },
  ],
  ['reversal', 'float32 [3, 2]', { operator: 'Transpose', inputs: [f(2, 3)] }],
  [
    'reshaping with 0 and numbers',
    'float32 [b, s, 4, 2]',
    { operator: 'Reshape', inputs: [f('b', 's', 8), [0, 0, 4, 2]] },
  ],
  ['reshaping with what is left', 'float32 [6, 4]', { operator: 'Reshape', inputs: [f(2, 3, 4), [-1, 4]] }],
  ['reshaping around a name', 'float32 [b, 12]', { operator: 'Reshape', inputs: [f('b', 3, 4), [0, -1]] }],
  ['a slice of numbers', 'float32 [b, 3]', { operator: 'Slice', inputs: [f('b', 8), [-4], [-1], [1]] }],
  ['a slice of one', 'float32 [b, 1, 8]', { operator: 'Slice', inputs: [f('b', 's', 8), [0], [1], [1]] }],
  [
    'splitting',
    'float32 [b, 3] float32 [b, 5]',
    { operator: 'Split', inputs: [f('b', 8), [3, 5]], attributes: { axis: int(-1) }, outputCount: 2 },
  ],
  ['joining', 'float32 [b, 7]', { operator: 'Concat', inputs: [f('b', 3), f('b', 4)], attributes: { axis: int(1) } }],
  ['shape', 'int64 [1]', { operator: 'Shape', inputs: [f('b', 's')], attributes: { start: int(1), end: int(2) } }],
  ['squeezing', 'float32 [b, 8]', { operator: 'Squeeze', inputs: [f('b', 1, 8), [1]] }],
  ['unsqueezing', 'float32 [b, 1, 8, 1]', { operator: 'Unsqueeze', inputs: [f('b', 8), [1, 3]] }],
  ['normalisation', 'float32 [b, 8]', { operator: 'LayerNormalization', inputs: [f('b', 8), f(8), f(8)] }],
  ['softmax', 'float32 [b, 8]', { operator: 'Softmax', inputs: [f('b', 8)] }],
  ['running sum', 'int32 [b, s]', { operator: 'CumSum', inputs: [i32('b', 's'), i32()] }],
  ['sum', 'float32 [b, 1]', { operator: 'ReduceSum', inputs: [f('b', 8), [-1]] }],
  ['largest of all', 'float32 []', { operator: 'ReduceMax', inputs: [f('b', 8)], attributes: { keepdims: int(0) } }],
  [
    'largest per channel',
    'float32 [8]',
    { operator: 'ReduceMax', inputs: [f('b', 's', 8)], attributes: { axes: ints(0, 1), keepdims: int(0) } },
  ],
  [
    'convolution',
    'float32 [b, 8, s]',
    { operator: 'Conv', inputs: [f('b', 8, 's'), f(8, 2, 3), f(8)], attributes: { group: int(4), pads: ints(1, 1) } },
  ],
  [
    'quantised product',
    'float32 [b, s, 5]',
    { operator: `${MS}DynamicQuantizeMatMul`, inputs: [f('b', 's', 8), ['int8', [8, 5]], f(5), ['int8', [5]], f(5)] },
  ],
  [
    'attention',
    'float32 [b, 1, 8]',
    {
      operator: `${MS}MultiHeadAttention`,
      inputs: [f('b', 1, 8), f('b', 's', 8), f('b', 's', 8), undefined, i32('b'), f(1, 4, 1, 's')],
      attributes: heads,
    },
  ],
  [
    'rotation',
    'float32 [b, s, 8]',
    { operator: `${MS}RotaryEmbedding`, inputs: [f('b', 's', 8), [0], f('s', 1), f('s', 1)], attributes: heads },
  ],
];

describe('types and shapes are inferred', () => {
  test.each(INFERRED)('%s gives %s', (_, expected, node) => {
    const known = checkGraph(graphOf(node));

    const outputs = Array.from({ length: node.outputCount ?? 1 }, (_, index) => known.get(`node.out.${index}`));
    expect(outputs.map((value) => `${value?.type} [${value?.shape.join(', ')}]`).join(' ')).toBe(expected);
  });
});

const REFUSED: readonly [what: string, code: string, named: RegExp, node: Case][] = [
  ['an unknown operator', 'GRAPH_OPERATOR_UNKNOWN', /node node.*Whatever/, { operator: 'Whatever', inputs: [] }],
  ['another domain', 'GRAPH_OPERATOR_UNKNOWN', /com.microsoft:Add/, { operator: `${MS}Add`, inputs: [] }],
  ['too few inputs', 'GRAPH_INPUT', /\(Relu\): input 0 is absent/, { operator: 'Relu', inputs: [] }],
  [
    'two types',
    'GRAPH_TYPE_MISMATCH',
    /\(Add\): input 1 \(input.1\) is int32, expected float32/,
    { operator: 'Add', inputs: [f(), i32()] },
  ],
  [
    'shapes that do not stretch',
    'GRAPH_SHAPE_MISMATCH',
    /expected to stretch to \[3\]/,
    { operator: 'Add', inputs: [f(3), f(4)] },
  ],
  [
    'names that differ',
    'GRAPH_SHAPE_MISMATCH',
    /\[sequence\]/,
    { operator: 'Add', inputs: [f('batch'), f('sequence')] },
  ],
  [
    'inner sizes that differ',
    'GRAPH_SHAPE_MISMATCH',
    /\(MatMul\).*expected 8/,
    { operator: 'MatMul', inputs: [f('b', 8), f(7, 5)] },
  ],
  ['a product of vectors', 'GRAPH_SHAPE_MISMATCH', /at least 2/, { operator: 'MatMul', inputs: [f(8), f(8, 5)] }],
  ['a product by a vector', 'GRAPH_SHAPE_MISMATCH', /at least 2/, { operator: 'MatMul', inputs: [f(8, 8), f(8)] }],
  ['batches that differ', 'GRAPH_SHAPE_MISMATCH', /stretch/, { operator: 'MatMul', inputs: [f(2, 1, 1), f(3, 1, 1)] }],
  [
    'a cast to nowhere',
    'GRAPH_ATTRIBUTE',
    /to is 99/,
    { operator: 'Cast', inputs: [f()], attributes: { to: int(99) } },
  ],
  ['a missing attribute', 'GRAPH_ATTRIBUTE', /to is absent/, { operator: 'Cast', inputs: [f()] }],
  [
    'an attribute of another kind',
    'GRAPH_ATTRIBUTE',
    /kind ints, expected int/,
    { operator: 'Cast', inputs: [f()], attributes: { to: ints(1) } },
  ],
  [
    'an axis out of range',
    'GRAPH_SHAPE_MISMATCH',
    /axis 5/,
    { operator: 'Gather', inputs: [f(2, 2), i32()], attributes: { axis: int(5) } },
  ],
  ['ids that are floats', 'GRAPH_TYPE_MISMATCH', /int32 or int64/, { operator: 'Gather', inputs: [f(2, 2), f()] }],
  ['squeezing what is not 1', 'GRAPH_SHAPE_MISMATCH', /size 1/, { operator: 'Squeeze', inputs: [f('b', 8), [1]] }],
  [
    'an order of too few',
    'GRAPH_SHAPE_MISMATCH',
    /2 dim/,
    { operator: 'Transpose', inputs: [f(1, 1, 1)], attributes: { perm: ints(1, 0) } },
  ],
  ['another number of elements', 'GRAPH_SHAPE_MISMATCH', /as many/, { operator: 'Reshape', inputs: [f(2, 3), [7]] }],
  [
    'elements that leave a rest',
    'GRAPH_SHAPE_MISMATCH',
    /multiple of 4/,
    { operator: 'Reshape', inputs: [f(2, 3), [-1, 4]] },
  ],
  [
    'a shape known only when run',
    'GRAPH_INPUT',
    /known beforehand/,
    { operator: 'Reshape', inputs: [f(2, 3), i64(2)] },
  ],
  ['steps', 'GRAPH_INPUT', /steps/, { operator: 'Slice', inputs: [f(8), [0], [8], [0], [2]] }],
  [
    'parts that do not add up',
    'GRAPH_SHAPE_MISMATCH',
    /8 at dimension 0/,
    { operator: 'Split', inputs: [f(9), [3, 5]], outputCount: 2 },
  ],
  ['parts without an output', 'GRAPH_SHAPE_MISMATCH', /1 outputs/, { operator: 'Split', inputs: [f(8), [3, 5]] }],
  [
    'joining what differs elsewhere',
    'GRAPH_SHAPE_MISMATCH',
    /2 at dimension 0/,
    { operator: 'Concat', inputs: [f(2, 1), f(3, 1)], attributes: { axis: int(1) } },
  ],
  [
    'a norm of another width',
    'GRAPH_SHAPE_MISMATCH',
    /input 2.*expected \[8\]/,
    { operator: 'LayerNormalization', inputs: [f('b', 8), f(8), f(7)] },
  ],
  [
    'groups that do not fit',
    'GRAPH_SHAPE_MISMATCH',
    /8 channels in 3/,
    { operator: 'Conv', inputs: [f('b', 8, 's'), f(8, 2, 3)], attributes: { group: int(3) } },
  ],
  [
    'scales of another width',
    'GRAPH_SHAPE_MISMATCH',
    /input 2.*\[5\]/,
    { operator: `${MS}DynamicQuantizeMatMul`, inputs: [f('b', 8), ['int8', [8, 5]], f(4)] },
  ],
  [
    'a bias of another width',
    'GRAPH_SHAPE_MISMATCH',
    /input 4.*\[5\]/,
    { operator: `${MS}DynamicQuantizeMatMul`, inputs: [f('b', 8), ['int8', [8, 5]], f(1), undefined, f(4)] },
  ],
  [
    'float weights where integers belong',
    'GRAPH_TYPE_MISMATCH',
    /int8 or uint8/,
    { operator: `${MS}DynamicQuantizeMatMul`, inputs: [f('b', 8), f(8, 5), f(1)] },
  ],
  [
    'heads that do not divide',
    'GRAPH_SHAPE_MISMATCH',
    /multiple of 4/,
    {
      operator: `${MS}MultiHeadAttention`,
      inputs: [f('b', 's', 6), f('b', 's', 6), f('b', 's', 6)],
      attributes: heads,
    },
  ],
  [
    'keys of another batch',
    'GRAPH_SHAPE_MISMATCH',
    /input 1/,
    {
      operator: `${MS}MultiHeadAttention`,
      inputs: [f('b', 's', 8), f('c', 's', 8), f('b', 's', 8)],
      attributes: heads,
    },
  ],
  [
    'values of another length',
    'GRAPH_SHAPE_MISMATCH',
    /input 2/,
    { operator: `${MS}MultiHeadAttention`, inputs: [f('b', 's', 8), f('b', 's', 8), f('b', 9, 8)], attributes: heads },
  ],
  [
    'lengths per token',
    'GRAPH_SHAPE_MISMATCH',
    /input 4.*\[b\]/,
    {
      operator: `${MS}MultiHeadAttention`,
      inputs: [f('b', 's', 8), f('b', 's', 8), f('b', 's', 8), undefined, i32('b', 's')],
      attributes: heads,
    },
  ],
  [
    'a bias of other heads',
    'GRAPH_SHAPE_MISMATCH',
    /input 5.*\[b, 4, s, s\]/,
    {
      operator: `${MS}MultiHeadAttention`,
      inputs: [f('b', 's', 8), f('b', 's', 8), f('b', 's', 8), undefined, undefined, f(1, 3, 's', 's')],
      attributes: heads,
    },
  ],
  [
    'a rotation of another width',
    'GRAPH_SHAPE_MISMATCH',
    /input 2/,
    { operator: `${MS}RotaryEmbedding`, inputs: [f('b', 's', 8), [0], f('s', 2), f('s', 1)], attributes: heads },
  ],
  [
    'too many outputs',
    'GRAPH_OUTPUT',
    /has 2 outputs, expected 1/,
    { operator: 'Relu', inputs: [f()], outputCount: 2 },
  ],
];

describe('what does not fit is refused, with node, operator and what was expected', () => {
  test.each(REFUSED)('%s', (_, code, named, node) => {
    expect(() => checkGraph(graphOf(node))).toThrow(
      expect.objectContaining({ code, what: expect.stringMatching(named) }),
    );
  });
});

test('sizes are followed through shape arithmetic', () => {
  const graph = new GraphBuilder('test');
  const x = graph.input('x', 'float32', ['batch', 'sequence']);
  const shape = graph.node('Shape', [x], { name: 'shape', attributes: { start: int(1) } });
  const size = graph.node('Squeeze', [shape, graph.dimensions(0)], { name: 'size' });
  const [zero, one] = [0n, 1n].map((n) => graph.initializer(`n${n}`, 'int64', [], BigInt64Array.of(n)));
  const range = graph.node('Range', [zero ?? '', size, one ?? ''], { name: 'range' });
  const wide = graph.node('Mul', [graph.dimensions(3), graph.dimensions(4)], { name: 'wide' });
  const wanted = graph.node('Concat', [shape, wide], { name: 'wanted', attributes: { axis: int(0) } });
  graph.node('Reshape', [graph.input('y', 'float32', ['sequence', 3, 4]), wanted], { name: 'reshaped' });

  const known = checkGraph(graph.build());

  expect(known.get(range)?.shape).toEqual(['sequence']);
  expect(known.get('reshaped.out')?.shape).toEqual(['sequence', 12]);
});

describe('structure', () => {
  const valid = graphOf({ operator: 'Relu', inputs: [f('b')] });
  const [node] = valid.nodes;
  const weight = { name: 'w', type: 'float32', shape: [2], data: new Float32Array(2) } as const;
  const broken: readonly [what: string, code: string, graph: Graph][] = [
    ['two nodes of one name', 'GRAPH_NAME_TAKEN', { ...valid, nodes: [...valid.nodes, ...valid.nodes] }],
    ['two values of one name', 'GRAPH_NAME_TAKEN', { ...valid, inputs: [...valid.inputs, ...valid.inputs] }],
    ['an input that nothing makes', 'GRAPH_VALUE_UNKNOWN', { ...valid, inputs: [] }],
    [
      'an output that nothing makes',
      'GRAPH_VALUE_UNKNOWN',
      { ...valid, nodes: [], outputs: [{ name: 'ghost', type: 'float32', shape: [] }] },
    ],
    [
      'too few numbers',
      'GRAPH_INITIALIZER_SIZE',
      { ...valid, initializers: new Map([['w', { ...weight, shape: [3] }]]) },
    ],
    [
      'numbers of another type',
      'GRAPH_INITIALIZER_SIZE',
      { ...valid, initializers: new Map([['w', { ...weight, type: 'int8' }]]) },
    ],
    [
      'an initialiser under another name',
      'GRAPH_INITIALIZER_SIZE',
      { ...valid, initializers: new Map([['v', weight]]) },
    ],
    [
      'an output of another shape',
      'GRAPH_OUTPUT',
      { ...valid, outputs: [{ name: 'node.out.0', type: 'float32', shape: [3, 4] }] },
    ],
    [
      'an output of another type',
      'GRAPH_OUTPUT',
      { ...valid, outputs: [{ name: 'node.out.0', type: 'int8', shape: ['b'] }] },
    ],
  ];

  test('a sound graph passes', () => {
    expect(checkGraph(valid).get('node.out.0')).toEqual({ name: 'node.out.0', type: 'float32', shape: ['b'] });
    expect(node?.operator).toBe('Relu');
  });

  test.each(broken)('%s is refused', (_, code, graph) => {
    expect(() => checkGraph(graph)).toThrow(expect.objectContaining({ code }));
  });
});

/** One node on graph inputs and constants. */
function graphOf({ operator, inputs, attributes = {}, outputCount = 1 }: Case): Graph {
  const graph = new GraphBuilder('test');
  const names = inputs.map((operand, index) => {
    if (operand === undefined) return '';
    if (isTensor(operand)) return graph.input(`input.${index}`, operand[0], operand[1]);
    return graph.initializer(`input.${index}`, 'int64', [operand.length], BigInt64Array.from(operand.map(BigInt)));
  });
  const plain = operator.replace('com.microsoft:', '');
  const domain: OperatorDomain = plain === operator ? '' : 'com.microsoft';
  const outputs = Array.from({ length: outputCount }, (_, index) => `node.out.${index}`);
  return { ...graph.build(), nodes: [{ name: 'node', operator: plain, domain, inputs: names, outputs, attributes }] };
}

function isTensor(operand: Operand): operand is readonly [ElementType, readonly Dimension[]] {
  return typeof operand[0] === 'string';
}
