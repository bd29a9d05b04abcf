import { graphErrors } from './errors.ts';
import type { Graph, GraphNode, Initializer, ValueInfo } from './graph.ts';

/** The node of this name. */
export function nodeNamed(graph: Graph, name: string): GraphNode {
  const node = graph.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw graphErrors.make('GRAPH_NODE_UNKNOWN', `graph ${graph.name} has no node ${name}`);
  return node;
}

/** The node that makes a value; undefined for inputs and initialisers. */
export function producerOf(graph: Graph, value: string): GraphNode | undefined {
  return graph.nodes.find((node) => node.outputs.includes(value));
}

/** The nodes that read a value, in the graph's order. */
export function consumersOf(graph: Graph, value: string): GraphNode[] {
  return graph.nodes.filter((node) => node.inputs.includes(value));
}

/** The graph with `replacements` standing where the node `name` stood. */
export function replaceNode(graph: Graph, name: string, replacements: readonly GraphNode[]): Graph {
  nodeNamed(graph, name);
  return { ...graph, nodes: graph.nodes.flatMap((node) => (node.name === name ? replacements : [node])) };
}

/** Several replacements in one walk over the graph: node name → what stands in its place. */
export function replaceNodes(graph: Graph, replacements: ReadonlyMap<string, readonly GraphNode[]>): Graph {
  for (const name of replacements.keys()) nodeNamed(graph, name);
  return { ...graph, nodes: graph.nodes.flatMap((node) => replacements.get(node.name) ?? [node]) };
}

/** The graph with more initialisers, or other contents under the same names. */
export function addInitializers(graph: Graph, added: readonly Initializer[]): Graph {
  const initializers = new Map(graph.initializers);
  for (const initializer of added) initializers.set(initializer.name, initializer);
  return { ...graph, initializers };
}

/** The graph with more outputs, for watching values on the way. */
export function addOutputs(graph: Graph, added: readonly ValueInfo[]): Graph {
  return { ...graph, outputs: [...graph.outputs, ...added] };
}

/** The graph without initialisers that no node reads and no output names. */
export function removeUnusedInitializers(graph: Graph): Graph {
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  for (const output of graph.outputs) used.add(output.name);
  const initializers = new Map([...graph.initializers].filter(([name]) => used.has(name)));
  return initializers.size === graph.initializers.size ? graph : { ...graph, initializers };
}

/** The graph without nodes whose outputs nothing reads, and without the initialisers that only they read. */
export function removeDeadNodes(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name));
  const kept: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return removeUnusedInitializers(kept.length === graph.nodes.length ? graph : { ...graph, nodes: kept.reverse() });
}

/** A name that no value of the graph has: `wanted`, or `wanted.2`, `wanted.3`, … */
export function freshValueName(graph: Graph, wanted: string): string {
  const taken = new Set([...graph.initializers.keys(), ...graph.inputs.map((input) => input.name)]);
  for (const node of graph.nodes) for (const output of node.outputs) taken.add(output);
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) name = `${wanted}.${count}`;
  return name;
}
