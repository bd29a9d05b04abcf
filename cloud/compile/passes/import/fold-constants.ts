import type { Attribute, Graph, GraphNode, Initializer } from '../../graph/graph.ts';
import { transposed } from '../../graph/layers.ts';

/**
 * Needs: any sound graph. Turns `Constant` nodes, and `Transpose` of a float32 matrix that is constant, into initialisers,
 * and takes `Identity` nodes out. After it a weight is an initialiser wherever an exporter had it computed that way.
 */
export function foldConstants(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const aliases = new Map<string, string>();
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const nodes: GraphNode[] = [];
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map((input) => aliases.get(input) ?? input) };
    const [output = ''] = node.outputs;
    const constant = node.domain === '' && !outputs.has(output) ? constantOf(node, initializers) : undefined;
    if (constant === undefined) nodes.push(node);
    else if (typeof constant === 'string') aliases.set(output, constant);
    else initializers.set(output, { ...constant, name: output });
  }
  return { ...graph, initializers, nodes };
}

/** The constant that a node amounts to, the name of a value that it repeats, or undefined. */
function constantOf(node: GraphNode, known: ReadonlyMap<string, Initializer>): Initializer | string | undefined {
  const [input = ''] = node.inputs;
  switch (node.operator) {
    case 'Identity':
      return input;
    case 'Constant':
      return constantValue(node);
    case 'Transpose': {
      const matrix = known.get(input);
      return matrix === undefined ? undefined : transposedMatrix(matrix, node.attributes.perm);
    }
    default:
      return undefined;
  }
}

function constantValue({ attributes }: GraphNode): Initializer | undefined {
  const [name, attribute] = Object.entries(attributes)[0] ?? [];
  if (attribute === undefined || name === undefined) return undefined;
  const unnamed = { name: '' };
  if (name === 'value' && attribute.kind === 'tensor') return attribute.value;
  if (name === 'value_float' && attribute.kind === 'float') {
    return { ...unnamed, type: 'float32', shape: [], data: Float32Array.of(attribute.value) };
  }
  if (name === 'value_floats' && attribute.kind === 'floats') {
    const { value } = attribute;
    return { ...unnamed, type: 'float32', shape: [value.length], data: Float32Array.from(value) };
  }
  if (name === 'value_int' && attribute.kind === 'int') {
    return { ...unnamed, type: 'int64', shape: [], data: BigInt64Array.of(BigInt(attribute.value)) };
  }
  if (name === 'value_ints' && attribute.kind === 'ints') {
    const { value } = attribute;
    return { ...unnamed, type: 'int64', shape: [value.length], data: BigInt64Array.from(value.map(BigInt)) };
  }
  return undefined;
}

function transposedMatrix(matrix: Initializer, order: Attribute | undefined): Initializer | undefined {
  const [rows, columns] = matrix.shape;
  if (!(matrix.data instanceof Float32Array) || matrix.shape.length !== 2) return undefined;
  if (rows === undefined || columns === undefined) return undefined;
  if (order !== undefined && (order.kind !== 'ints' || order.value.join() !== '1,0')) return undefined;
  return { ...matrix, shape: [columns, rows], data: transposed(matrix.data, rows, columns) };
}
