import type { Graph, Initializer } from '../graph/graph.ts';

/** A graph with only those initialisers that a node reads. Passes call it last. */
export function dropUnusedInitializers(graph: Graph): Graph {
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  for (const output of graph.outputs) read.add(output.name);
  const kept = new Map<string, Initializer>();
  for (const [name, initializer] of graph.initializers) if (read.has(name)) kept.set(name, initializer);
  return { ...graph, initializers: kept };
}
