import type { GraphBuilder } from '../graph/builder.ts';
import { cast, int, multiply } from '../graph/operators.ts';
import { type FamilyContext, positionRange } from './encoder.ts';

/** Cosines and sines by position, float32 [sequence, headSize / 2] each. */
export interface Rotation {
  readonly cosines: string;
  readonly sines: string;
}

/**
 * Rotary positions for one base frequency, computed in the graph for the positions at hand: the numbers are the
 * reference's, and a table for 8,192 positions would add megabytes to the file.
 */
export function rotation(
  context: FamilyContext,
  { name, theta, headSize }: { name: string; theta: number; headSize: number },
): Rotation {
  const { graph } = context;
  const frequencies = Float32Array.from({ length: headSize / 2 }, (_, index) => {
    return 1 / Math.fround(theta ** Math.fround((2 * index) / headSize));
  });
  const positions = cast(graph, positionRange(context), 'float32', `${name}.positions_float`);
  const column = graph.node('Unsqueeze', [positions, graph.dimensions(1)], { name: `${name}.column` });
  const row = graph.weights(`${name}.frequencies`, [1, headSize / 2], frequencies);
  const angles = multiply(graph, column, row, `${name}.angles`);
  return {
    cosines: graph.node('Cos', [angles], { name: `${name}.cosines` }),
    sines: graph.node('Sin', [angles], { name: `${name}.sines` }),
  };
}

/** Rotates queries or keys: [batch, sequence, hidden] → the same. */
export function rotate(graph: GraphBuilder, x: string, by: Rotation, name: string, headCount: number): string {
  const offset = rotationOffset(graph);
  return graph.node('RotaryEmbedding', [x, offset, by.cosines, by.sines], {
    name,
    domain: 'com.microsoft',
    attributes: { interleaved: int(0), num_heads: int(headCount) },
  });
}

/** Position of the first token: 0. One number means "from here on" to the operator. */
function rotationOffset(graph: GraphBuilder): string {
  return graph.dimensions(0);
}
