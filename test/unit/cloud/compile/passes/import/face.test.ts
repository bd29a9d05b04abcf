import { describe, expect, test } from 'vitest';
import { checkGraph } from '../../../../../../cloud/compile/graph/check-graph.ts';
import type { Graph, GraphNode, ValueInfo } from '../../../../../../cloud/compile/graph/graph.ts';
import { takeFace } from '../../../../../../cloud/compile/passes/import/face.ts';

const expected = { task: 'text-classification', labelCount: 2 } as const;
const ids: ValueInfo = { name: 'input_ids', type: 'int64', shape: ['b', 's'] };
const mask: ValueInfo = { name: 'attention_mask', type: 'int64', shape: ['b', 's'] };
const logits: ValueInfo = { name: 'logits', type: 'float32', shape: ['b', 2] };

test('inputs become input_ids and lengths, and the rest is computed in front', () => {
  const types: ValueInfo = { name: 'token_type_ids', type: 'int32', shape: ['b', 's'] };

  const graph = takeFace(graphWith([ids, mask, types], [logits]), expected);

  expect(graph.inputs.map(({ name, type }) => `${name} ${type}`)).toEqual(['input_ids int32', 'lengths int32']);
});

test('a value of the model that has a name of ours is renamed', () => {
  const inner: GraphNode = { ...plain('Abs', ['input_ids'], ['lengths']), name: 'inner' };
  const graph = graphWith([ids], [{ ...logits, shape: ['b', 2] }]);

  const faced = takeFace({ ...graph, nodes: [inner, plain('Cast', ['lengths'], ['logits'])] }, expected);

  expect(faced.nodes.map((node) => node.outputs[0])).toEqual(['imported.input_ids', 'imported.lengths', 'logits']);
});

test('shapes that a file leaves out are taken on trust', () => {
  const graph = takeFace(graphWith([{ ...ids, shape: [] }], [{ ...logits, shape: [] }]), expected);

  expect(graph.outputs).toEqual([{ name: 'logits', type: 'float32', shape: ['batch', 2] }]);
});

test.each(['int64', 'int32', 'float32', 'bool'] as const)('a mask may be %s', (type) => {
  const graph = takeFace(graphWith([ids, { ...mask, type }], [logits]), expected);

  expect(
    checkGraph({ ...graph, nodes: graph.nodes.slice(0, -1), outputs: [] }).get('imported.attention_mask')?.type,
  ).toBe(type);
});

const REFUSED: readonly [what: string, inputs: ValueInfo[], outputs: ValueInfo[], code: string][] = [
  ['an input of another name', [ids, { ...ids, name: 'pixels' }], [logits], 'IMPORT_INPUT_UNKNOWN'],
  ['no input_ids', [mask], [logits], 'IMPORT_INPUT_MISSING'],
  ['no input at all', [], [logits], 'IMPORT_INPUT_MISSING'],
  ['a mask of bytes', [ids, { ...mask, type: 'uint8' }], [logits], 'IMPORT_INPUT_TYPE'],
  ['float ids', [{ ...ids, type: 'float32' }], [logits], 'IMPORT_INPUT_TYPE'],
  ['a fixed length', [{ ...ids, shape: ['b', 128] }], [logits], 'IMPORT_INPUT_SHAPE'],
  ['three dimensions', [{ ...ids, shape: ['a', 'b', 'c'] }], [logits], 'IMPORT_INPUT_SHAPE'],
  ['no logits', [ids], [{ ...logits, name: 'hidden' }], 'IMPORT_OUTPUT_MISSING'],
  ['no output', [ids], [], 'IMPORT_OUTPUT_MISSING'],
  ['other labels', [ids], [{ ...logits, shape: ['b', 3] }], 'IMPORT_OUTPUT_SHAPE'],
  ['logits per token for a text task', [ids], [{ ...logits, shape: ['b', 's', 2] }], 'IMPORT_OUTPUT_SHAPE'],
  ['logits in another type', [ids], [{ ...logits, type: 'float16' }], 'IMPORT_OUTPUT_SHAPE'],
];

describe('a face that cannot be adapted is refused', () => {
  test.each(REFUSED)('%s', (_, inputs, outputs, code) => {
    expect(() => takeFace(graphWith(inputs, outputs), expected)).toThrow(expect.objectContaining({ code }));
  });
});

function graphWith(inputs: ValueInfo[], outputs: ValueInfo[]): Graph {
  const nodes = [
    plain(
      'Model',
      inputs.map((input) => input.name),
      outputs.map((output) => output.name),
    ),
  ];
  return { name: 'test', opset: 17, inputs, outputs, initializers: new Map(), nodes };
}

function plain(operator: string, inputs: string[], outputs: string[]): GraphNode {
  return { name: operator, operator, domain: '', inputs, outputs, attributes: {} };
}
