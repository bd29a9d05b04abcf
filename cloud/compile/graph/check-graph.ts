import { checkStructure } from './check-structure.ts';
import { graphErrors } from './errors.ts';
import type { Dimension, Graph, GraphNode, Initializer, ValueInfo } from './graph.ts';
import { ELEMENTWISE_RULES } from './inference/elementwise.ts';
import { LAYER_RULES } from './inference/layers.ts';
import { LAYOUT_RULES } from './inference/layout.ts';
import { compatible, type Known, NodeScope, type Rule } from './inference/scope.ts';

const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({ ...ELEMENTWISE_RULES, ...LAYOUT_RULES, ...LAYER_RULES }),
);

/** Integer vectors up to this length are followed as sizes; none of ours that matters is longer. */
const MAX_FOLLOWED_SIZES = 16;

/**
 * Checks a graph that we made: its structure, and every node's types and shapes. An operator without a rule is refused,
 * so nothing reaches a device unchecked. Returns what is known of every value, by name.
 */
export function checkGraph(graph: Graph): ReadonlyMap<string, ValueInfo> {
  checkStructure(graph);
  const known = new Map<string, Known>();
  for (const input of graph.inputs) known.set(input.name, input);
  for (const initializer of graph.initializers.values()) known.set(initializer.name, knownInitializer(initializer));
  for (const node of graph.nodes) {
    for (const [index, output] of infer(node, known).entries()) {
      const name = node.outputs[index];
      if (name !== undefined && name !== '') known.set(name, output);
    }
  }
  for (const output of graph.outputs) checkOutput(output, known);
  return new Map([...known].map(([name, { type, shape }]) => [name, { name, type, shape }]));
}

function infer(node: GraphNode, known: ReadonlyMap<string, Known>): readonly Known[] {
  const operator = node.domain === '' ? node.operator : `${node.domain}:${node.operator}`;
  const rule = RULES.get(operator);
  if (rule === undefined) {
    throw graphErrors.make('GRAPH_OPERATOR_UNKNOWN', `node ${node.name}: the checker has no rule for ${operator}`);
  }
  const scope = new NodeScope(
    node,
    node.inputs.map((input) => known.get(input)),
  );
  const outputs = rule(scope);
  if (outputs.length !== node.outputs.length) {
    throw graphErrors.make(
      'GRAPH_OUTPUT',
      `node ${node.name} (${operator}) has ${node.outputs.length} outputs, expected ${outputs.length}`,
    );
  }
  return outputs;
}

function knownInitializer({ type, shape, data }: Initializer): Known {
  const follow = (type === 'int64' || type === 'int32') && shape.length <= 1 && data.length <= MAX_FOLLOWED_SIZES;
  return { type, shape, sizes: follow ? Array.from(data, Number) : undefined };
}

function checkOutput(output: ValueInfo, known: ReadonlyMap<string, Known>): void {
  const inferred = known.get(output.name);
  if (inferred === undefined) return;
  if (inferred.type === output.type && sameShape(inferred.shape, output.shape)) return;
  throw graphErrors.make(
    'GRAPH_OUTPUT',
    `graph output ${output.name} is ${inferred.type} [${inferred.shape.join(', ')}], declared ${output.type} [${output.shape.join(', ')}]`,
  );
}

function sameShape(a: readonly Dimension[], b: readonly Dimension[]): boolean {
  return a.length === b.length && a.every((size, axis) => compatible(size, b[axis] ?? 1));
}
