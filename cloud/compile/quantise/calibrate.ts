import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeModelFiles } from '../encode/write-model-files.ts';
import type { Graph } from '../graph/graph.ts';
import { findLinears, isListed } from '../passes/linears.ts';
import { observe, observedName } from '../passes/observe.ts';
import { quantiseErrors } from './errors.ts';
import { type GraphRunner, openGraphRunner } from './graph-runner.ts';

/** Texts between two reports of progress; few enough that a slow model still answers to an interrupt. */
export const TEXTS_A_REPORT = 10;

/**
 * Writes a graph into a folder of its own, opens it, hands it over, and removes all of it.
 * @throws VergeError COMPILE_SCRATCH_UNWRITABLE
 */
export async function withGraph<T>(graph: Graph, use: (runner: GraphRunner) => Promise<T>): Promise<T> {
  const scratch = tmpdir();
  const folder = await written(scratch, () => mkdtemp(path.join(scratch, 'verge-graph-')));
  try {
    const modelPath = await written(scratch, () => writeModelFiles(graph, folder));
    const runner = await openGraphRunner(modelPath);
    try {
      return await use(runner);
    } finally {
      await runner.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function written<T>(scratch: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw quantiseErrors.make(
      'COMPILE_SCRATCH_UNWRITABLE',
      `${scratch} cannot hold the model (${error.message})`,
      error,
    );
  }
}

/** What to watch, on which texts. */
export interface Calibration {
  /** Token ids with specials. */
  readonly encoded: readonly Int32Array[];
  /** Which of them are run. */
  readonly positions: readonly number[];
  /** Linears whose name ends in one of these are watched. */
  readonly suffixes: readonly string[];
  readonly keepFp32: readonly string[];
}

export interface Calibrated {
  /** Largest magnitude of each input channel, by linear name. */
  readonly largest: ReadonlyMap<string, Float32Array>;
  /** By position in the texts. */
  readonly logits: ReadonlyMap<number, Float32Array>;
}

/**
 * Largest magnitude of each input channel of the watched linears over the texts, and the logits, which come for nothing.
 * The graph must be fp32. Texts run one by one, so that padding is never seen.
 */
export async function measureActivations(
  graph: Graph,
  { encoded, positions, suffixes, keepFp32 }: Calibration,
  progress: (done: number, total: number) => void,
): Promise<Calibrated> {
  const readers = new Map<string, number>();
  for (const input of graph.nodes.flatMap((node) => node.inputs)) readers.set(input, (readers.get(input) ?? 0) + 1);
  const chosen = findLinears(graph).filter(
    ({ name, weight }) =>
      suffixes.some((suffix) => name.endsWith(suffix)) &&
      !isListed(name, keepFp32) &&
      // Weights that several layers share (ALBERT) would be copied for each, and the file would grow by as much.
      readers.get(weight.name) === 1,
  );
  const values = new Map(chosen.map((linear) => [linear.input, linear.inFeatures]));
  const largest = new Map([...values].map(([value, channels]) => [value, new Float32Array(channels)]));
  const logits = new Map<number, Float32Array>();
  await withGraph(observe(graph, values), async (runner) => {
    for (const position of positions) {
      if (logits.size % TEXTS_A_REPORT === 0) progress(logits.size, positions.length);
      const outputs = await runner.run(encoded[position] ?? new Int32Array());
      logits.set(position, outputs.get('logits')?.data ?? new Float32Array());
      for (const [value, most] of largest) {
        const seen = outputs.get(observedName(value))?.data;
        for (let channel = 0; seen && channel < most.length; channel++) {
          most[channel] = Math.max(most[channel] ?? 0, seen[channel] ?? 0);
        }
      }
    }
  });
  return {
    largest: new Map(
      chosen.map((linear) => [linear.name, largest.get(linear.input) ?? new Float32Array(linear.inFeatures)]),
    ),
    logits,
  };
}
