import type { Graph, GraphNode } from '../../graph/graph.ts';
import { removeDeadNodes } from '../../graph/rewrite.ts';

/**
 * Needs: constants folded. Turns the five nodes that PyTorch's exporter writes for GELU, `x · (erf(x / √2) + 1) · 0.5`,
 * into the one `com.microsoft.Gelu` that our own graphs have (inference.md P4). ONNX Runtime would do so itself only at
 * levels of optimisation that cost more elsewhere (P3). A form that differs is left alone: it works, and is slower.
 */
export function fuseGelu(graph: Graph): Graph {
  const links = linksOf(graph);
  const fused = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    const found = node.operator === 'Erf' ? geluAround(graph, links, node) : undefined;
    if (found === undefined) continue;
    const { name, outputs } = found.last;
    fused.set(name, {
      name,
      operator: 'Gelu',
      domain: 'com.microsoft',
      inputs: [found.x],
      outputs,
      attributes: {},
    });
  }
  if (fused.size === 0) return graph;
  return removeDeadNodes({ ...graph, nodes: graph.nodes.map((node) => fused.get(node.name) ?? node) });
}

interface Links {
  readonly producers: ReadonlyMap<string, GraphNode>;
  readonly consumers: ReadonlyMap<string, readonly GraphNode[]>;
}

function linksOf(graph: Graph): Links {
  const producers = new Map<string, GraphNode>();
  const consumers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) producers.set(output, node);
    for (const input of node.inputs) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  }
  return { producers, consumers };
}

/** The value that a GELU around this `Erf` reads, and the node that ends it. */
function geluAround(graph: Graph, links: Links, erf: GraphNode): { x: string; last: GraphNode } | undefined {
  const divided = links.producers.get(erf.inputs[0] ?? '');
  if (divided?.operator !== 'Div' || !isScalar(graph, divided.inputs[1], Math.SQRT2)) return undefined;
  const [x = ''] = divided.inputs;
  const plusOne = next(links, erf, 'Add');
  if (plusOne === undefined || !isScalar(graph, other(plusOne, erf), 1)) return undefined;
  const product = next(links, plusOne, 'Mul');
  if (product === undefined || other(product, plusOne) !== x) return undefined;
  const last = next(links, product, 'Mul');
  if (last === undefined || !isScalar(graph, other(last, product), 0.5)) return undefined;
  return { x, last };
}

/** The one node that reads what `node` makes, where it is of this operator. */
function next({ consumers }: Links, node: GraphNode, operator: string): GraphNode | undefined {
  const [reader, another] = consumers.get(node.outputs[0] ?? '') ?? [];
  return another === undefined && reader?.operator === operator ? reader : undefined;
}

/** The input of `node` that `from` does not make. */
function other(node: GraphNode, from: GraphNode): string | undefined {
  return node.inputs.find((input) => input !== from.outputs[0]);
}

function isScalar(graph: Graph, name: string | undefined, wanted: number): boolean {
  const constant = graph.initializers.get(name ?? '');
  return constant?.data.length === 1 && Math.abs(Number(constant.data[0]) - wanted) < 1e-6;
}
