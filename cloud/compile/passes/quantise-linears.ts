import type { Graph, GraphNode, Initializer } from '../graph/graph.ts';
import { dropUnusedInitializers } from './drop-unused.ts';
import { findLinears, isListed, type Linear, weightOf } from './linears.ts';

/**
 * Largest and smallest weight: 7 bits in an int8. Sums of u8 × s8 pairs saturate at 16 bits on processors without VNNI,
 * and with 7-bit weights they cannot (fact P10): 2 × 255 × 64 = 32,640.
 */
const WEIGHT_MAX = 63;
const WEIGHT_MIN = -64;

/**
 * Replaces each linear by one `com.microsoft.DynamicQuantizeMatMul` with the bias inside (fact P1): activations are
 * quantised to u8 as they come, weights are int8, symmetric, with a scale per output channel.
 *
 * @param keepFp32 linears, by name or by a name above them, that stay as they are
 */
export function quantiseLinears(graph: Graph, keepFp32: readonly string[] = []): Graph {
  const initializers = new Map(graph.initializers);
  const replaced = new Map<GraphNode, readonly GraphNode[]>();
  const done = new Map<string, { readonly weight: string; readonly scale: string }>();
  for (const linear of findLinears(graph)) {
    if (isListed(linear.name, keepFp32)) continue;
    const key = `${linear.weight.name}${linear.transposed ? '/T' : ''}`;
    const known = done.get(key) ?? quantised(linear, initializers);
    done.set(key, known);
    replaced.set(linear.node, [
      {
        name: linear.name,
        operator: 'DynamicQuantizeMatMul',
        domain: 'com.microsoft',
        inputs: [linear.input, known.weight, known.scale, ...(linear.bias ? ['', linear.bias.name] : [])],
        outputs: [linear.output],
        attributes: {},
      },
    ]);
    if (linear.biasNode) replaced.set(linear.biasNode, []);
  }
  const nodes = graph.nodes.flatMap((node) => replaced.get(node) ?? [node]);
  return dropUnusedInitializers({ ...graph, initializers, nodes });
}

function quantised(linear: Linear, initializers: Map<string, Initializer>): { weight: string; scale: string } {
  const weight = weightOf(linear);
  const { inFeatures, outFeatures } = linear;
  const scales = new Float32Array(outFeatures);
  for (let out = 0; out < outFeatures; out++) {
    let high = 0;
    let low = 0;
    for (let index = out; index < weight.length; index += outFeatures) {
      const value = weight[index] ?? 0;
      if (value > high) high = value;
      else if (value < low) low = value;
    }
    // A channel of zeros keeps a scale of 1, so that nothing is divided by zero.
    scales[out] = Math.max(high / WEIGHT_MAX, low / WEIGHT_MIN) || 1;
  }
  const data = new Int8Array(weight.length);
  for (let index = 0; index < weight.length; index++) {
    const rounded = Math.round((weight[index] ?? 0) / (scales[index % outFeatures] ?? 1));
    data[index] = Math.min(WEIGHT_MAX, Math.max(WEIGHT_MIN, rounded));
  }
  const names = { weight: `${linear.weight.name}.int8`, scale: `${linear.weight.name}.scale` };
  initializers.set(names.weight, { name: names.weight, type: 'int8', shape: [inFeatures, outFeatures], data });
  initializers.set(names.scale, { name: names.scale, type: 'float32', shape: [outFeatures], data: scales });
  return names;
}
