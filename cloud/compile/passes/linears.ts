import type { Graph, GraphNode, Initializer } from '../graph/graph.ts';

/** A matrix product with constant weights, with the bias that follows it: what quantising and smoothing work on. */
export interface Linear {
  /** Name of the product's node; what `--keep-fp32` names. */
  readonly name: string;
  readonly node: GraphNode;
  /** The `Add` behind the product, or undefined where the bias is inside (`Gemm`) or absent. */
  readonly biasNode: GraphNode | undefined;
  /** Value that is multiplied: [..., inFeatures]. */
  readonly input: string;
  /** Value that comes out, behind the bias. */
  readonly output: string;
  /** float32, row-major [inFeatures, outFeatures], or [outFeatures, inFeatures] where `transposed`. */
  readonly weight: Initializer;
  readonly transposed: boolean;
  readonly bias: Initializer | undefined;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** All linears of a graph, in the order of its nodes. Weights with other than two dimensions are left alone. */
export function findLinears(graph: Graph): Linear[] {
  const consumers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      const known = consumers.get(input);
      if (known) known.push(node);
      else consumers.set(input, [node]);
    }
  }
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const linears: Linear[] = [];
  for (const node of graph.nodes) {
    const linear =
      node.operator === 'MatMul' ? fromMatMul(node) : node.operator === 'Gemm' ? fromGemm(node) : undefined;
    if (linear) linears.push(linear);
  }
  return linears;

  function fromMatMul(node: GraphNode): Linear | undefined {
    const weight = matrix(node.inputs[1]);
    const [input] = node.inputs;
    const [product] = node.outputs;
    if (!weight || input === undefined || product === undefined || graph.initializers.has(input)) return undefined;
    const outFeatures = weight.shape[1] ?? 0;
    const shape = { inFeatures: weight.shape[0] ?? 0, outFeatures };
    const followers = consumers.get(product) ?? [];
    const next = followers.length === 1 && !outputs.has(product) ? followers[0] : undefined;
    const bias = next?.operator === 'Add' ? biasOf(next, product, outFeatures) : undefined;
    const base = { name: node.name, node, input, weight, transposed: false, ...shape };
    if (next && bias) return { ...base, biasNode: next, bias, output: next.outputs[0] ?? product };
    return { ...base, biasNode: undefined, bias: undefined, output: product };
  }

  function fromGemm(node: GraphNode): Linear | undefined {
    const weight = matrix(node.inputs[1]);
    const [input, , biasName] = node.inputs;
    const [output] = node.outputs;
    if (!weight || input === undefined || output === undefined || graph.initializers.has(input)) return undefined;
    if (number(node, 'alpha', 1) !== 1 || number(node, 'beta', 1) !== 1 || number(node, 'transA', 0) !== 0)
      return undefined;
    const transposed = number(node, 'transB', 0) === 1;
    const [rows = 0, columns = 0] = weight.shape;
    const outFeatures = transposed ? rows : columns;
    const bias = biasName ? graph.initializers.get(biasName) : undefined;
    if (biasName && (bias?.type !== 'float32' || bias.data.length !== outFeatures)) return undefined;
    return {
      name: node.name,
      node,
      biasNode: undefined,
      input,
      output,
      weight,
      transposed,
      bias,
      inFeatures: transposed ? columns : rows,
      outFeatures,
    };
  }

  function matrix(name: string | undefined): Initializer | undefined {
    const found = name === undefined ? undefined : graph.initializers.get(name);
    return found?.type === 'float32' && found.shape.length === 2 ? found : undefined;
  }

  function biasOf(add: GraphNode, product: string, outFeatures: number): Initializer | undefined {
    const other = add.inputs[0] === product ? add.inputs[1] : add.inputs[0];
    const found = other === undefined ? undefined : graph.initializers.get(other);
    return found?.type === 'float32' && found.shape.length === 1 && found.data.length === outFeatures
      ? found
      : undefined;
  }
}

function number(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' || attribute?.kind === 'float' ? attribute.value : fallback;
}

/** The weight as [inFeatures, outFeatures], copied only where it is stored the other way round. */
export function weightOf(linear: Linear): Float32Array {
  const stored = linear.weight.data as Float32Array; // `findLinears` takes float32 weights only
  if (!linear.transposed) return stored;
  const { inFeatures, outFeatures } = linear;
  const turned = new Float32Array(stored.length);
  for (let out = 0; out < outFeatures; out++) {
    for (let into = 0; into < inFeatures; into++) {
      turned[into * outFeatures + out] = stored[out * inFeatures + into] ?? 0;
    }
  }
  return turned;
}

/** True where a name is listed itself or stands below a listed one: `layer.3` covers `layer.3.attention.qkv`. */
export function isListed(name: string, list: readonly string[]): boolean {
  return list.some((entry) => name === entry || name.startsWith(`${entry}.`));
}
