import type { Graph, GraphNode, Initializer } from '../graph/graph.ts';
import { dropUnusedInitializers } from './drop-unused.ts';
import { findLinears, type Linear, weightOf } from './linears.ts';

/** Channels whose largest activation is below this never matter; it keeps the division sane. */
const MIN_ACTIVATION = 1e-5;

/**
 * SmoothQuant (fact P11): divides the input of a linear by s per channel and multiplies s into its weights, so that
 * outlier channels no longer stretch the scale of all activations. s = max|x|^alpha / max|w|^(1−alpha).
 * Exact in fp32; of use only before `quantiseLinears`.
 *
 * @param largest largest magnitude of each channel of each linear's input, by linear name; linears without an entry
 * stay as they are
 * @param alpha 0 leaves all difficulty with the activations, 1 moves all of it into the weights
 */
export function smooth(graph: Graph, largest: ReadonlyMap<string, Float32Array>, alpha: number): Graph {
  const initializers = new Map(graph.initializers);
  const nodes: GraphNode[] = [];
  const linears = new Map(findLinears(graph).map((linear) => [linear.node, linear]));
  for (const node of graph.nodes) {
    const linear = linears.get(node);
    const activations = linear && largest.get(linear.name);
    if (!linear || !activations) {
      nodes.push(node);
      continue;
    }
    nodes.push(...smoothed(linear, activations, alpha, initializers));
  }
  return dropUnusedInitializers({ ...graph, initializers, nodes });
}

function smoothed(
  linear: Linear,
  activations: Float32Array,
  alpha: number,
  initializers: Map<string, Initializer>,
): GraphNode[] {
  const { inFeatures, outFeatures, name } = linear;
  const weight = Float32Array.from(weightOf(linear));
  const inverse = new Float32Array(inFeatures);
  for (let channel = 0; channel < inFeatures; channel++) {
    const row = weight.subarray(channel * outFeatures, (channel + 1) * outFeatures);
    const largestWeight = row.reduce((most, value) => Math.max(most, Math.abs(value)), MIN_ACTIVATION);
    const activation = Math.max(activations[channel] ?? 0, MIN_ACTIVATION);
    const scale = coarse(activation ** alpha / largestWeight ** (1 - alpha));
    inverse[channel] = 1 / scale;
    for (let out = 0; out < outFeatures; out++) row[out] = (row[out] ?? 0) * scale;
  }
  const names = {
    weight: `${linear.weight.name}.${name}.smoothed`,
    inverse: `${name}.smoothing`,
    value: `${linear.input}.${name}.smoothed`,
  };
  initializers.set(names.weight, {
    name: names.weight,
    type: 'float32',
    shape: [inFeatures, outFeatures],
    data: weight,
  });
  initializers.set(names.inverse, { name: names.inverse, type: 'float32', shape: [inFeatures], data: inverse });
  const { transB: _transB, ...attributes } = linear.node.attributes; // the copy above stands the plain way round
  return [
    {
      name: names.inverse,
      operator: 'Mul',
      domain: '',
      inputs: [linear.input, names.inverse],
      outputs: [names.value],
      attributes: {},
    },
    { ...linear.node, inputs: [names.value, names.weight, ...linear.node.inputs.slice(2)], attributes },
  ];
}

/** Steps of an eighth of an octave: activations that differ in their last bits between processors give the same bytes. */
function coarse(scale: number): number {
  return Math.fround(2 ** (Math.round(Math.log2(scale) * 8) / 8));
}
