import type { Attribute, Graph, GraphNode, Initializer } from '../../graph/graph.ts';
import { transposed } from '../../graph/layers.ts';
import { consumersOf } from '../../graph/rewrite.ts';

/**
 * Needs: constants folded. Brings linear layers into the form that our own graphs have and that the quantiser looks for:
 * `MatMul` by a constant [in, out], named for its layer, then `Add` of the bias as second input. `Gemm` becomes the two;
 * an `Add` with the bias in front is turned round; layers and embeddings are named by their exporter's path. What the
 * graph computes stays the same.
 */
export function plainLinears(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const taken = new Set(graph.nodes.map((node) => node.name));
  const nodes: GraphNode[] = [];
  const biases = new Map<string, string>();
  for (const node of graph.nodes) {
    const layer = node.domain === '' ? layerOf(node, initializers) : undefined;
    if (layer === undefined) {
      nodes.push(turnedAdd(node, biases, initializers));
      continue;
    }
    const name = freshName(layerName(node), taken);
    if (node.operator === 'Gemm') {
      nodes.push(...split(node, name, initializers));
      continue;
    }
    const [output = ''] = node.outputs;
    if (node.operator === 'MatMul' && consumersOf(graph, output).length === 1) biases.set(output, name);
    nodes.push({ ...node, name });
  }
  return { ...graph, initializers, nodes };
}

/** The node itself where it is a layer with a constant float32 matrix. */
function layerOf(node: GraphNode, known: ReadonlyMap<string, Initializer>): GraphNode | undefined {
  const [first = '', second = ''] = node.inputs;
  const matrix = known.get(node.operator === 'Gather' ? first : second);
  if (matrix?.type !== 'float32' || matrix.shape.length !== 2) return undefined;
  if (node.operator === 'MatMul') return node;
  if (node.operator === 'Gather') return isInt(node.attributes.axis, 0) ? node : undefined;
  if (node.operator !== 'Gemm') return undefined;
  const { alpha, beta, transA } = node.attributes;
  return isOne(alpha) && isOne(beta) && isInt(transA, 0) ? node : undefined;
}

/** `Gemm` as `MatMul` and `Add`: its first input has two dimensions, so they mean the same. */
function split(node: GraphNode, name: string, initializers: Map<string, Initializer>): GraphNode[] {
  const [x = '', weight = '', bias = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const matrix = initializers.get(weight);
  let weightName = weight;
  if (matrix?.data instanceof Float32Array && isInt(node.attributes.transB, 1)) {
    const [rows = 0, columns = 0] = matrix.shape;
    weightName = freshKey(`${name}.weight`, initializers);
    const data = transposed(matrix.data, rows, columns);
    initializers.set(weightName, { name: weightName, type: 'float32', shape: [columns, rows], data });
  }
  const plain = { domain: '', attributes: {} } as const;
  if (bias === '') return [{ ...plain, name, operator: 'MatMul', inputs: [x, weightName], outputs: [output] }];
  const product = `${output}.product`;
  return [
    { ...plain, name, operator: 'MatMul', inputs: [x, weightName], outputs: [product] },
    { ...plain, name: `${name}.bias`, operator: 'Add', inputs: [product, bias], outputs: [output] },
  ];
}

/** `Add` of a layer's product and its bias, the product first and the node named for the layer. */
function turnedAdd(
  node: GraphNode,
  layers: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, Initializer>,
): GraphNode {
  const [first = '', second = ''] = node.inputs;
  if (node.operator !== 'Add' || node.domain !== '') return node;
  const product = layers.has(first) ? first : second;
  const bias = product === first ? second : first;
  const layer = layers.get(product);
  if (layer === undefined || known.get(bias)?.shape.length !== 1) return node;
  return { ...node, name: `${layer}.bias`, inputs: [product, bias] };
}

/** `/bert/encoder/layer.1/output/dense/MatMul` → `bert.encoder.layer.1.output.dense` */
function layerName({ name, operator }: GraphNode): string {
  const path = name.split('/').filter((part) => part !== '');
  if (path.length > 1 && path.at(-1)?.startsWith(operator)) path.pop();
  return path.join('.');
}

function freshName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name) || taken.has(`${name}.bias`); count += 1) name = `${wanted}.${count}`;
  taken.add(name);
  taken.add(`${name}.bias`);
  return name;
}

function freshKey(wanted: string, map: ReadonlyMap<string, unknown>): string {
  let name = wanted;
  for (let count = 2; map.has(name); count += 1) name = `${wanted}.${count}`;
  return name;
}

/** Whether an attribute is this number; absent means 0. */
function isInt(attribute: Attribute | undefined, value: number): boolean {
  return attribute === undefined ? value === 0 : attribute.kind === 'int' && attribute.value === value;
}

/** Whether a factor is 1; absent means 1. */
function isOne(attribute: Attribute | undefined): boolean {
  return attribute === undefined || (attribute.kind === 'float' && attribute.value === 1);
}
