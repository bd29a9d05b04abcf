import type { GraphBuilder } from '../graph/builder.ts';
import { add, slice } from '../graph/operators.ts';
import { type FamilyContext, positionRange } from './encoder.ts';

/**
 * An attention bias that depends on the distance between key and query only: [1, heads, sequence, sequence].
 * @param table [heads, 2 · positions − 1], one column for each distance key − query from 1 − positions to positions − 1
 */
export function distanceBias(
  context: FamilyContext,
  table: Float32Array,
  { name, heads, positions }: { name: string; heads: number; positions: number },
): string {
  const { graph } = context;
  const keys = positionRange(context);
  const last = graph.initializer(`${name}.last`, 'int64', [], BigInt64Array.of(BigInt(positions - 1)));
  const shifted = add(graph, keys, last, `${name}.shifted`);
  const queries = graph.node('Unsqueeze', [keys, graph.dimensions(1)], { name: `${name}.queries` });
  const distances = graph.node('Sub', [shifted, queries], { name: `${name}.distances` });
  const rows = graph.weights(`${name}.table`, [heads, 2 * positions - 1], table);
  const bias = graph.node('Gather', [rows, distances], { name, attributes: { axis: { kind: 'int', value: 1 } } });
  return graph.node('Unsqueeze', [bias, graph.dimensions(0)], { name: `${name}.batched` });
}

/** A table for `distanceBias`, computed from each distance key − query. */
export function distanceTable(
  heads: number,
  positions: number,
  valueAt: (head: number, distance: number) => number,
): Float32Array {
  const width = 2 * positions - 1;
  return Float32Array.from({ length: heads * width }, (_, index) =>
    valueAt(Math.floor(index / width), (index % width) - (positions - 1)),
  );
}

/** The bias of the first query alone: [1, heads, 1, sequence]. */
export function firstQueryBias(graph: GraphBuilder, bias: string, name: string): string {
  return slice(graph, bias, { axis: 2, start: 0, end: 1 }, name);
}
