import type { Graph } from '../graph/graph.ts';
import { findLinears, isListed } from '../passes/linears.ts';
import { findTables, quantiseEmbeddings } from '../passes/quantise-embeddings.ts';
import { quantiseLinears } from '../passes/quantise-linears.ts';
import { meanSquaredError, runAt, spread } from './answers.ts';

/** What one layer alone costs when it alone is int8. */
export interface LayerSensitivity {
  /** A name that `--keep-fp32` takes. */
  readonly name: string;
  /** Mean squared difference of the logits from fp32. */
  readonly logitMeanSquaredError: number;
}

/** Enough to rank layers; every layer costs one pass over them. */
const MAX_TEXTS = 32;

/**
 * Measures each linear, and each embedding table, alone in int8 with all else in fp32; the worst first.
 *
 * @param encoded token ids with specials; 32 spread over them serve
 * @param reference logits of fp32 for the same texts
 * @param keepFp32 what stays in fp32 anyway
 */
export async function measureSensitivity(
  graph: Graph,
  encoded: readonly Int32Array[],
  reference: readonly Float32Array[],
  keepFp32: readonly string[],
  progress: (done: number, total: number) => void,
): Promise<LayerSensitivity[]> {
  const linears = findLinears(graph).map(({ name }) => name);
  const tables = findTables(graph).map(({ name }) => name);
  const positions = spread(encoded.length, MAX_TEXTS);
  const wanted = positions.map((position) => reference[position] ?? new Float32Array());
  const candidates = [...linears, ...tables].filter((name) => !isListed(name, keepFp32));
  const found: LayerSensitivity[] = [];
  for (const name of candidates) {
    progress(found.length, candidates.length);
    const others = (all: readonly string[]): string[] => all.filter((other) => other !== name);
    const candidate = quantiseEmbeddings(quantiseLinears(graph, others(linears)), others(tables));
    const logits = await runAt(candidate, encoded, positions, () => progress(found.length, candidates.length));
    found.push({ name, logitMeanSquaredError: meanSquaredError([...logits.values()], wanted) });
  }
  return found.sort((a, b) => b.logitMeanSquaredError - a.logitMeanSquaredError);
}
