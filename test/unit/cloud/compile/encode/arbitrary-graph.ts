import fc from 'fast-check';
import type {
  Attribute,
  ElementType,
  Graph,
  GraphNode,
  Initializer,
  TensorData,
} from '../../../../../cloud/compile/graph/graph.ts';

const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const float32 = fc.float({ noNaN: true });
const type = fc.constantFrom<ElementType>('float32', 'float16', 'int8', 'uint8', 'int32', 'int64', 'bool');

/** Tensors of every element type, from none to a few hundred elements: both inside the model and beside it. */
const tensor: fc.Arbitrary<Initializer> = fc
  .record({ type, shape: fc.array(fc.nat({ max: 12 }), { maxLength: 3 }), seed: fc.nat() })
  .map(({ type: elementType, shape, seed }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return { name: '', type: elementType, shape, data: numbers(elementType, count, seed) };
  });

function numbers(elementType: ElementType, count: number, seed: number): TensorData {
  const at = (index: number): number => (seed * 31 + index * 17) % 251;
  switch (elementType) {
    case 'float32':
      return Float32Array.from({ length: count }, (_, index) => at(index) / 7 - 11);
    case 'float16':
      return Uint16Array.from({ length: count }, (_, index) => at(index) * 111);
    case 'int8':
      return Int8Array.from({ length: count }, (_, index) => at(index) - 128);
    case 'uint8':
      return Uint8Array.from({ length: count }, (_, index) => at(index));
    case 'bool':
      return Uint8Array.from({ length: count }, (_, index) => at(index) % 2);
    case 'int32':
      return Int32Array.from({ length: count }, (_, index) => at(index) * 1e7 - 1e9);
    case 'int64':
      return BigInt64Array.from({ length: count }, (_, index) => BigInt(at(index)) * 10n ** 16n - 2n ** 60n);
  }
}

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.record({ kind: fc.constant('int' as const), value: fc.maxSafeInteger() }),
  fc.record({ kind: fc.constant('float' as const), value: float32 }),
  fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('ints' as const), value: fc.array(fc.maxSafeInteger(), { maxLength: 5 }) }),
  fc.record({ kind: fc.constant('floats' as const), value: fc.array(float32, { maxLength: 5 }) }),
  fc.record({ kind: fc.constant('tensor' as const), value: tensor }),
);

const node = fc.record({
  operator: name,
  domain: fc.constantFrom('' as const, 'com.microsoft' as const),
  attributes: fc.dictionary(name, attribute, { maxKeys: 4 }),
  outputCount: fc.integer({ min: 1, max: 3 }),
  /** Picks inputs among the values so far; undefined is an input that is left out. */
  inputs: fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 4 }),
});

const dimension = fc.oneof(fc.nat({ max: 1000 }), name);
const valueInfo = fc.record({ type, shape: fc.array(dimension, { maxLength: 4 }) });

/** Well-formed graphs of operators that need not exist. */
export const arbitraryGraph: fc.Arbitrary<Graph> = fc
  .record({
    name,
    opset: fc.integer({ min: 11, max: 22 }),
    inputs: fc.array(valueInfo, { minLength: 1, maxLength: 3 }),
    tensors: fc.array(tensor, { maxLength: 6 }),
    nodes: fc.array(node, { minLength: 1, maxLength: 6 }),
    output: valueInfo,
  })
  .map((parts) => {
    const inputs = parts.inputs.map((input, index) => ({ name: `input.${index}`, ...input }));
    const initializers = new Map(
      parts.tensors.map((item, index) => [`weight.${index}`, { ...item, name: `weight.${index}` }] as const),
    );
    const values = [...inputs.map((input) => input.name), ...initializers.keys()];
    const nodes: GraphNode[] = [];
    for (const [index, { inputs: picks, outputCount, ...rest }] of parts.nodes.entries()) {
      const read = picks.map((pick) => (pick === undefined ? '' : (values[pick % values.length] ?? '')));
      const outputs = Array.from({ length: outputCount }, (_, output) => `node.${index}.${output}`);
      nodes.push({ name: `node.${index}`, inputs: read, outputs, ...rest });
      values.push(...outputs);
    }
    const outputs = [{ name: 'node.0.0', ...parts.output }];
    return { name: parts.name, opset: parts.opset, inputs, outputs, initializers, nodes };
  });
