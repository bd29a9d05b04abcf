import type { GraphBuilder } from '../graph/builder.ts';
import { add, int, multiply } from '../graph/operators.ts';
import type { FamilyContext } from './encoder.ts';

/** How distances become rows of the table of distance vectors. */
export interface DistanceScheme {
  /** Number of buckets; 0 or less for one row per distance. */
  readonly buckets: number;
  readonly maxDistance: number;
  /** Half the rows of the table. */
  readonly span: number;
  /** Longest sequence. */
  readonly positions: number;
}

/** Rows of the distance table for the sequence at hand, and the sizes that folding needs. All int64. */
export interface DistanceRows {
  /** [2 · sequence]: distances query − key from sequence − 1 down to −sequence. */
  readonly descending: string;
  /** [2 · sequence]: distances from 1 − sequence up to sequence. */
  readonly ascending: string;
  /** [sequence]: distances of the first token to each key, 0 down to 1 − sequence. */
  readonly fromFirst: string;
  readonly foldStart: string;
  readonly foldEnd: string;
  readonly foldShape: string;
  /** [1]: length of the sequence. */
  readonly length: string;
}

/** Adds the index arithmetic that all layers share. */
export function distanceRows({ graph, inputIds }: FamilyContext, scheme: DistanceScheme): DistanceRows {
  const { positions } = scheme;
  const size = [2 * positions];
  const rowAt = (distance: number): bigint => BigInt(distanceRow(distance, scheme));
  const ascending = Array.from({ length: 2 * positions }, (_, index) => rowAt(index - positions + 1));
  const up = graph.initializer('distance.ascending', 'int64', size, BigInt64Array.from(ascending));
  const descending = Array.from({ length: 2 * positions }, (_, index) => rowAt(positions - 1 - index));
  const down = graph.initializer('distance.descending', 'int64', size, BigInt64Array.from(descending));

  const attributes = { start: int(1), end: int(2) };
  const length = graph.node('Shape', [inputIds], { name: 'distance.length', attributes });
  const middle = graph.dimensions(positions);
  const axis = graph.dimensions(0);
  const start = graph.node('Sub', [middle, length], { name: 'distance.start' });
  const end = add(graph, middle, length, 'distance.end');
  const first = graph.dimensions(positions - 1);
  const firstEnd = add(graph, first, length, 'distance.first_end');
  const one = graph.dimensions(1);
  const foldStart = graph.node('Sub', [length, one], { name: 'distance.fold_start' });
  const width = add(graph, foldStart, length, 'distance.fold_width');
  const foldSize = multiply(graph, width, length, 'distance.fold_size');
  const shape = [graph.dimensions(0, 0), length, graph.dimensions(-1)];
  return {
    descending: graph.node('Slice', [down, start, end, axis], { name: 'distance.descending_rows' }),
    ascending: graph.node('Slice', [up, start, end, axis], { name: 'distance.ascending_rows' }),
    fromFirst: graph.node('Slice', [down, first, firstEnd, axis], { name: 'distance.first_rows' }),
    foldStart,
    foldEnd: add(graph, foldStart, foldSize, 'distance.fold_end'),
    foldShape: graph.node('Concat', shape, { name: 'distance.fold_shape', attributes: { axis: int(0) } }),
    length,
  };
}

/**
 * From scores by distance to scores by position: [batch, heads, n, 2n] → [batch, heads, n, n], where row i of the result
 * is the n columns of row i that start at n − 1 − i. Read as one long line, these starts lie 2n − 1 apart: cutting
 * n − 1 off and reading the line again in rows of 2n − 1 puts each where it belongs, without gathering.
 */
export function foldByDistance(graph: GraphBuilder, scores: string, rows: DistanceRows, name: string): string {
  const line = graph.node('Reshape', [scores, graph.dimensions(0, 0, -1)], { name: `${name}.line` });
  const cut = graph.node('Slice', [line, rows.foldStart, rows.foldEnd, graph.dimensions(2)], { name: `${name}.cut` });
  const folded = graph.node('Reshape', [cut, rows.foldShape], { name: `${name}.rows` });
  return graph.node('Slice', [folded, graph.dimensions(0), rows.length, graph.dimensions(3)], { name });
}

/** Row of the table for a distance query − key. */
function distanceRow(distance: number, { buckets, maxDistance, span }: DistanceScheme): number {
  const bucket = buckets > 0 ? distanceBucket(distance, buckets, maxDistance) : distance;
  return Math.min(Math.max(bucket + span, 0), 2 * span - 1);
}

/**
 * Bucket of a distance: itself up to half the buckets, logarithmic beyond. Rounded to float32 at every step, as the
 * reference (`make_log_bucket_position`) computes it.
 */
export function distanceBucket(distance: number, buckets: number, maxDistance: number): number {
  const middle = Math.floor(buckets / 2);
  const size = Math.abs(distance);
  if (size <= middle) return distance;
  const { fround, log } = Math;
  const far = fround(log(fround(size / middle)));
  const farthest = fround(log(fround((maxDistance - 1) / middle)));
  const position = Math.ceil(fround(fround(far / farthest) * (middle - 1))) + middle;
  return Math.trunc(position * Math.sign(distance));
}
