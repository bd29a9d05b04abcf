import type { Task } from '../../checkpoint/checkpoint.ts';
import type { TensorReader } from '../../checkpoint/tensor-reader.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import {
  applyLinear,
  embedding,
  type LinearWeights,
  linearWeights,
  type NormWeights,
  normWeights,
} from '../graph/layers.ts';
import { add, sizeOf, slice } from '../graph/operators.ts';
import type { ConfigReader } from './config.ts';

/** What a family builds with. */
export interface FamilyContext {
  readonly graph: GraphBuilder;
  readonly config: ConfigReader;
  readonly tensors: TensorReader;
  readonly task: Task;
  readonly labelCount: number;
  /** int32 [batch, sequence] */
  readonly inputIds: string;
  /** int32 [batch]: tokens before padding. */
  readonly lengths: string;
  /** A value that several parts of the network need: made by the first that asks. */
  readonly shared: (name: string, make: () => string) => string;
}

/** A linear layer's weights from `<source>.weight` and `<source>.bias` of the checkpoint. */
export function readLinear(
  { graph, tensors }: FamilyContext,
  source: string,
  name: string,
  [inFeatures, outFeatures]: readonly [number, number],
  { bias = true }: { readonly bias?: boolean } = {},
): LinearWeights {
  const weight = tensors.read(`${source}.weight`, [outFeatures, inFeatures]);
  const biasData = bias ? tensors.read(`${source}.bias`, [outFeatures]) : undefined;
  return linearWeights(graph, weight, biasData, { name, inFeatures, outFeatures });
}

/** Several linear layers on one input as a single one, their outputs side by side (inference.md P1). */
export function readFusedLinear(
  { graph, tensors }: FamilyContext,
  sources: readonly string[],
  name: string,
  [inFeatures, outFeatures]: readonly [number, number],
): LinearWeights {
  const weight = concatenated(sources.map((source) => tensors.read(`${source}.weight`, [outFeatures, inFeatures])));
  const bias = concatenated(sources.map((source) => tensors.read(`${source}.bias`, [outFeatures])));
  return linearWeights(graph, weight, bias, { name, inFeatures, outFeatures: outFeatures * sources.length });
}

/** A linear layer straight from the checkpoint. */
export function linearFrom(
  context: FamilyContext,
  x: string,
  source: string,
  name: string,
  sizes: readonly [number, number],
  options: { readonly bias?: boolean } = {},
): string {
  return applyLinear(context.graph, x, readLinear(context, source, name, sizes, options), name);
}

/** A normalisation's weights from `<source>.weight` and `<source>.bias`. */
export function readNorm(
  { graph, tensors }: FamilyContext,
  source: string,
  name: string,
  width: number,
  { bias = true }: { readonly bias?: boolean } = {},
): NormWeights {
  const biasData = bias ? tensors.read(`${source}.bias`, [width]) : undefined;
  return normWeights(graph, tensors.read(`${source}.weight`, [width]), biasData, name);
}

/** Positions 0, 1, …, sequence − 1: int64 [sequence]; made once per graph. */
export function positionRange({ graph, inputIds, shared }: FamilyContext): string {
  return shared('positions', () => {
    const size = sizeOf(graph, inputIds, 1, 'positions.length');
    const zero = graph.initializer('positions.zero', 'int64', [], BigInt64Array.of(0n));
    const one = graph.initializer('positions.one', 'int64', [], BigInt64Array.of(1n));
    return graph.node('Range', [zero, size, one], { name: 'positions' });
  });
}

/** Word rows plus position rows: [batch, sequence, width]. */
export function sumEmbeddings(
  { graph, inputIds }: FamilyContext,
  words: Float32Array,
  positions: { readonly ids: string; readonly table: Float32Array },
  width: number,
): string {
  const word = embedding(graph, inputIds, words, { name: 'embeddings.word', width });
  const position = embedding(graph, positions.ids, positions.table, { name: 'embeddings.position', width });
  return add(graph, word, position, 'embeddings.sum');
}

/** `table` with `row` added to each of its rows: how token type 0, the only one we feed, costs nothing (P6). */
export function addRow(table: Float32Array, row: Float32Array): Float32Array {
  return table.map((value, index) => value + (row[index % row.length] ?? 0));
}

/** The first token's vector of each text: [batch, 1, hidden]. */
export function firstToken(graph: GraphBuilder, x: string, name: string): string {
  return slice(graph, x, { axis: 1, start: 0, end: 1 }, name);
}

/** [batch, 1, hidden] → [batch, hidden] */
export function dropTokenAxis(graph: GraphBuilder, x: string, name: string): string {
  return graph.node('Squeeze', [x, graph.dimensions(1)], { name });
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
