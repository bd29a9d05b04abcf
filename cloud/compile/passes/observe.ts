import type { Graph, GraphNode, Initializer, ValueInfo } from '../graph/graph.ts';

/** Output that carries the largest magnitude per channel of a value, of a run on one batch. */
export function observedName(value: string): string {
  return `${value}.largest`;
}

/**
 * Adds an output for each named value [batch, tokens…, channels]: the largest magnitude of each channel, [channels].
 * For calibration only; such a graph is never shipped.
 *
 * @param values names and their number of channels
 */
export function observe(graph: Graph, values: ReadonlyMap<string, number>): Graph {
  const initializers = new Map<string, Initializer>(graph.initializers);
  const nodes: GraphNode[] = [...graph.nodes];
  const outputs: ValueInfo[] = [...graph.outputs];
  for (const [value, channels] of values) {
    const flat = `${value}.flat`;
    const shape = `${value}.flat.shape`;
    initializers.set(shape, { name: shape, type: 'int64', shape: [2], data: BigInt64Array.of(-1n, BigInt(channels)) });
    nodes.push(
      { name: flat, operator: 'Reshape', domain: '', inputs: [value, shape], outputs: [flat], attributes: {} },
      {
        name: `${value}.magnitude`,
        operator: 'Abs',
        domain: '',
        inputs: [flat],
        outputs: [`${value}.magnitude`],
        attributes: {},
      },
      {
        name: observedName(value),
        operator: 'ReduceMax',
        domain: '',
        inputs: [`${value}.magnitude`],
        outputs: [observedName(value)],
        attributes: { axes: { kind: 'ints', value: [0] }, keepdims: { kind: 'int', value: 0 } },
      },
    );
    outputs.push({ name: observedName(value), type: 'float32', shape: [channels] });
  }
  return { ...graph, initializers, nodes, outputs };
}
