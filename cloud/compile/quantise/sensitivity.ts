import type { Graph } from '../graph/graph.ts';
import { findLinears } from '../passes/linears.ts';
import { quantiseEmbeddings } from '../passes/quantise-embeddings.ts';
import { quantiseLinears } from '../passes/quantise-linears.ts';
import { withGraph } from './calibrate.ts';
import type { GraphRunner } from './graph-runner.ts';

/** What one layer alone costs when it alone is int8. */
export interface LayerSensitivity {
  readonly name: string;
  /** Mean squared difference of the logits from fp32. */
  readonly logitMeanSquaredError: number;
}

/** Enough to rank layers; every layer costs one pass over them. */
const MAX_TEXTS = 32;

/**
 * Measures each linear, and the embeddings, alone in int8 with all else in fp32; the worst first.
 *
 * @param encoded token ids with specials; the first 32 serve
 * @param reference logits of fp32 for the same texts
 */
export async function measureSensitivity(
  graph: Graph,
  encoded: readonly Int32Array[],
  reference: readonly Float32Array[],
): Promise<LayerSensitivity[]> {
  const names = findLinears(graph).map((linear) => linear.name);
  const texts = encoded.slice(0, MAX_TEXTS);
  const found: LayerSensitivity[] = [];
  for (const name of names) {
    const others = names.filter((other) => other !== name);
    await measure(name, quantiseLinears(graph, others));
  }
  await measure('embeddings', quantiseEmbeddings(graph));
  return found.sort((a, b) => b.logitMeanSquaredError - a.logitMeanSquaredError);

  async function measure(name: string, candidate: Graph): Promise<void> {
    const [logitMeanSquaredError = 0] = await measureLogitErrors([candidate], texts, reference);
    found.push({ name, logitMeanSquaredError });
  }
}

/** Mean squared difference of the logits of each graph from `wanted`, over the same texts. */
export async function measureLogitErrors(
  graphs: readonly Graph[],
  texts: readonly Int32Array[],
  wanted: readonly Float32Array[],
): Promise<number[]> {
  const errors: number[] = [];
  for (const graph of graphs) {
    const found = await withGraph(graph, (runner) => runLogits(runner, texts));
    let squares = 0;
    let count = 0;
    for (const [index, logits] of found.entries()) {
      for (const [column, value] of logits.entries()) {
        squares += (value - (wanted[index]?.[column] ?? 0)) ** 2;
        count++;
      }
    }
    errors.push(count === 0 ? 0 : squares / count);
  }
  return errors;
}

/** Logits of each text, rows of a token task one behind the other. */
export async function runLogits(runner: GraphRunner, texts: readonly Int32Array[]): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  for (const ids of texts) all.push((await runner.run(ids)).get('logits')?.data ?? new Float32Array());
  return all;
}
