import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeModel } from '../../../../../cloud/compile/encode/decode-model.ts';
import { encodeModel } from '../../../../../cloud/compile/encode/encode-model.ts';
import { LIMITS } from '../../../../../cloud/compile/encode/limits.ts';
import type { Graph } from '../../../../../cloud/compile/graph/graph.ts';
import { VergeError } from '../../../../../component/contract/error.ts';
import { arbitraryGraph } from './arbitrary-graph.ts';
import { type MessageField, message, modelOf, modelWithNode, modelWithTensor } from './onnx-bytes.ts';

const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;

describe('tensors in the fields that other writers use', () => {
  test('float_data becomes float32', () => {
    const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);

    const { data } = tensorOf(message([1, 2], [2, FLOAT], [4, floats], [8, 't']));

    expect(data).toEqual(Float32Array.of(1.5, -2));
  });

  test('int64_data becomes int64, negative numbers too', () => {
    const varints = message([1, -7], [1, 2]).filter((byte) => byte !== 8);

    const { data } = tensorOf(message([1, 2], [2, INT64], [7, varints], [8, 't']));

    expect(data).toEqual(BigInt64Array.of(-7n, 2n));
  });

  test('int32_data serves int32 and bool', () => {
    const whole = tensorOf(message([1, 2], [2, INT32], [5, Uint8Array.of(3, 4)], [8, 't']));
    const bool = tensorOf(message([1, 2], [2, 9], [5, Uint8Array.of(1, 0)], [8, 't']));

    expect([whole.data, bool.data]).toEqual([Int32Array.of(3, 4), Uint8Array.of(1, 0)]);
  });

  test('dimensions may be packed or one by one', () => {
    const raw = new Uint8Array(24);

    const packed = tensorOf(message([1, Uint8Array.of(2, 3)], [2, FLOAT], [8, 't'], [9, raw]));
    const apart = tensorOf(message([1, 2], [1, 3], [2, FLOAT], [8, 't'], [9, raw]));

    expect([packed.shape, apart.shape]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });
});

test('an initialiser that is listed as an input too is no input', () => {
  const tensor = message([1, 1], [2, FLOAT], [8, 'w'], [9, new Uint8Array(4)]);
  const input = message([1, 'w'], [2, message([1, message([1, FLOAT])])]);

  const graph = decode(modelOf(message([5, tensor], [11, input])));

  expect(graph.inputs).toEqual([]);
});

test('nodes without a name, or with one that is taken, get one of their own', () => {
  const unnamed = message([2, 'a'], [4, 'Relu']);
  const named = message([2, 'b'], [3, 'n'], [4, 'Relu']);
  const same = message([2, 'c'], [3, 'n'], [4, 'Relu']);

  const graph = decode(modelOf(message([1, unnamed], [1, named], [1, same])));

  expect(graph.nodes.map((node) => node.name)).toEqual(['Relu_0', 'n', 'n.2']);
});

const attribute = (...fields: MessageField[]): Uint8Array =>
  modelWithNode(message([2, 'a'], [4, 'If'], [5, message([1, 'x'], ...fields)]));
const tensorModel = (...fields: MessageField[]): Uint8Array => modelWithTensor(message([8, 't'], ...fields));
const repeated = (count: number, field: number, bytes: Uint8Array): Uint8Array =>
  message(...Array.from({ length: count }, () => [field, bytes] as const));

const REFUSED: readonly [what: string, bytes: Uint8Array, code: string, named: RegExp][] = [
  ['bytes that are no protobuf', Uint8Array.of(255, 255, 255, 255, 255, 255), 'ONNX_MALFORMED', /end early/],
  ['an empty file', new Uint8Array(), 'ONNX_MALFORMED', /no graph/],
  ['a graph cut short', modelOf(message([2, 'abc'])).subarray(0, 6), 'ONNX_MALFORMED', /end early/],
  ['a group', Uint8Array.of(11, 12), 'ONNX_MALFORMED', /group/],
  ['a string that is no UTF-8', modelOf(message([2, Uint8Array.of(255)])), 'ONNX_MALFORMED', /UTF-8/],
  ['a number where a message belongs', message([7, 5]), 'ONNX_MALFORMED', /wire type/],
  ['an old operator set', message([7, message()], [8, message([1, ''], [2, 9])]), 'ONNX_OPSET', /opset 9/],
  ['a model without an operator set', message([7, message()]), 'ONNX_OPSET', /opset 0/],
  ['functions', message([7, message()], [25, message()]), 'ONNX_UNSUPPORTED', /functions/],
  ['training information', message([7, message()], [20, message()]), 'ONNX_UNSUPPORTED', /training/],
  ['sparse tensors', modelOf(message([15, message()])), 'ONNX_UNSUPPORTED', /sparse/],
  ['a subgraph', attribute([6, message()], [20, 5]), 'ONNX_UNSUPPORTED', /If.*'x' is a subgraph/],
  ['a list of subgraphs', attribute([11, message()]), 'ONNX_UNSUPPORTED', /subgraph/],
  ['a list of strings', attribute([9, 'a']), 'ONNX_UNSUPPORTED', /list of strings/],
  ['a list of tensors', attribute([10, message()]), 'ONNX_UNSUPPORTED', /list of tensors/],
  ['a function attribute', attribute([21, 'a']), 'ONNX_UNSUPPORTED', /reference/],
  ['an unknown attribute type', attribute([20, 77]), 'ONNX_MALFORMED', /unknown type 77/],
  ['a tensor attribute without tensor', attribute([20, 4]), 'ONNX_MALFORMED', /no tensor/],
  ['an unknown domain', modelWithNode(message([2, 'a'], [4, 'Op'], [7, 'evil'])), 'ONNX_DOMAIN', /'evil'/],
  ['doubles', tensorModel([1, 1], [2, 11], [9, new Uint8Array(8)]), 'ONNX_ELEMENT_TYPE', /'t' has element type DOUBLE/],
  ['an unknown element type', tensorModel([2, 99]), 'ONNX_ELEMENT_TYPE', /number 99/],
  ['segments', tensorModel([3, message()]), 'ONNX_UNSUPPORTED', /segments/],
  [
    'fewer bytes than the shape says',
    tensorModel([1, 3], [2, FLOAT], [9, new Uint8Array(8)]),
    'ONNX_TENSOR_SIZE',
    /12/,
  ],
  [
    'fewer numbers than the shape says',
    tensorModel([1, 3], [2, INT64], [7, Uint8Array.of(1)]),
    'ONNX_TENSOR_SIZE',
    /3/,
  ],
  ['more numbers than the shape says', tensorModel([2, INT64], [7, Uint8Array.of(1, 1)]), 'ONNX_TENSOR_SIZE', /more/],
  [
    'an integer of eleven bytes',
    message([8, Uint8Array.of(16, ...new Uint8Array(11).fill(255))]),
    'ONNX_MALFORMED',
    /integer|end early/,
  ],
  [
    'an integer over 2^53',
    message([8, Uint8Array.of(16, 255, 255, 255, 255, 255, 255, 255, 127)]),
    'ONNX_MALFORMED',
    /holds/,
  ],
  ['a long number for two', tensorModel([1, 2], [2, INT64], [7, Uint8Array.of(129, 1)]), 'ONNX_TENSOR_SIZE', /has 1/],
  ['half a number', tensorModel([2, INT64], [7, Uint8Array.of(129)]), 'ONNX_MALFORMED', /within a number/],
  ['a negative dimension', tensorModel([1, -1], [2, FLOAT]), 'ONNX_MALFORMED', /dimension of -1/],
  ['a tensor of 2^62 elements', tensorModel([1, 2 ** 31 - 1], [1, 2 ** 31], [2, FLOAT]), 'ONNX_MALFORMED', /dimension/],
  ['a tensor of 2^60 elements', tensorModel([1, 2 ** 30], [1, 2 ** 30], [2, FLOAT]), 'ONNX_TOO_LARGE', /elements/],
  ['nine dimensions', tensorModel([1, new Uint8Array(9).fill(1)], [2, FLOAT]), 'ONNX_TOO_LARGE', /dimensions/],
  ['an output of nine dimensions', outputOf(repeated(9, 1, message([1, 1]))), 'ONNX_TOO_LARGE', /dimensions/],
  ['an output that is no tensor', modelOf(message([12, message([1, 'o'])])), 'ONNX_UNSUPPORTED', /'o' is no tensor/],
  ['a name of 5,000 bytes', modelOf(message([2, 'x'.repeat(5000)])), 'ONNX_TOO_LARGE', /5000/],
  [
    '65 outputs',
    modelOf(repeated(65, 12, message([1, 'o'], [2, message([1, message([1, 1])])]))),
    'ONNX_TOO_LARGE',
    /64/,
  ],
  ['5,000 inputs of a node', modelWithNode(repeated(5000, 1, Uint8Array.of(97))), 'ONNX_TOO_LARGE', /inputs/],
  ['65 attributes', modelWithNode(manyAttributes(65)), 'ONNX_TOO_LARGE', /attributes/],
  ['a list of 70,000 numbers', attribute([8, new Uint8Array(70_000)], [20, 7]), 'ONNX_TOO_LARGE', /list/],
  [
    'two initialisers of one name',
    modelOf(repeated(2, 5, message([2, FLOAT], [8, 't'], [9, new Uint8Array(4)]))),
    'ONNX_MALFORMED',
    /two initialisers/,
  ],
  [
    'external data in an attribute',
    attribute([5, message([2, FLOAT], [14, 1])], [20, 4]),
    'ONNX_MALFORMED',
    /attribute/,
  ],
  [
    'an offset that is no number',
    tensorModel([2, FLOAT], [14, 1], [13, message([1, 'offset'], [2, '-5'])]),
    'ONNX_MALFORMED',
    /offset is '-5'/,
  ],
  [
    'a length that lies',
    tensorModel([2, FLOAT], [14, 1], [13, message([1, 'length'], [2, '5'])]),
    'ONNX_TENSOR_SIZE',
    /has 5/,
  ],
  ['17 words on external data', tensorModel(...manyEntries(17)), 'ONNX_TOO_LARGE', /external/],
  [
    'a node that reads what nothing makes',
    modelWithNode(message([1, 'ghost'], [2, 'a'], [4, 'Relu'])),
    'GRAPH_VALUE_UNKNOWN',
    /ghost/,
  ],
];

describe('a hostile or unusual file is refused in one sentence', () => {
  test.each(REFUSED)('%s', (_, bytes, code, named) => {
    const error = errorOf(() => decode(bytes));

    expect(error.code).toBe(code);
    expect(error.message).toMatch(named);
  });

  test('more nodes than the limit', () => {
    const error = errorOf(() => decode(modelOf(repeated(LIMITS.nodes + 1, 1, new Uint8Array()))));

    expect(error.code).toBe('ONNX_TOO_LARGE');
  });
});

test('a file with any byte changed is read or refused, and never ends in another error', () => {
  fc.assert(
    fc.property(arbitraryGraph, fc.nat(), fc.nat({ max: 255 }), (graph, position, value) => {
      const { model, weights } = encodeModel(graph, { weightsName: 'w' });
      const changed = model.slice();
      changed[position % changed.length] = value;

      const read = (): Graph => decodeModel(changed, () => weights[0]?.bytes ?? new Uint8Array());

      expect(() => outcome(read)).not.toThrow();
    }),
    { numRuns: 200 },
  );
});

function outcome(read: () => Graph): string {
  try {
    return read().name;
  } catch (error) {
    if (error instanceof VergeError) return error.code;
    throw error;
  }
}

function decode(bytes: Uint8Array): Graph {
  return decodeModel(bytes, () => new Uint8Array(4));
}

function tensorOf(tensor: Uint8Array): { readonly data: unknown; readonly shape: readonly number[] } {
  const found = decode(modelWithTensor(tensor)).initializers.get('t');
  if (found === undefined) throw new Error('no tensor t');
  return found;
}

function outputOf(shape: Uint8Array): Uint8Array {
  return modelOf(message([12, message([1, 'o'], [2, message([1, message([1, FLOAT], [2, shape])])])]));
}

function manyAttributes(count: number): Uint8Array {
  const attributes = Array.from({ length: count }, (_, index) => message([1, `a${index}`], [3, 1], [20, 2]));
  return message([2, 'a'], [4, 'Op'], ...attributes.map((bytes) => [5, bytes] as const));
}

function manyEntries(count: number): MessageField[] {
  return Array.from({ length: count }, (_, index) => [13, message([1, `k${index}`], [2, ''])] as const);
}

function errorOf(action: () => unknown): VergeError {
  try {
    action();
  } catch (error) {
    if (error instanceof VergeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
