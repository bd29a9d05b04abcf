import type { Graph } from '../graph/graph.ts';
import { quantiseEmbeddings } from '../passes/quantise-embeddings.ts';
import { quantiseLinears } from '../passes/quantise-linears.ts';
import { smooth } from '../passes/smooth.ts';
import { meanSquaredError, runAt, spread } from './answers.ts';
import { measureActivations } from './calibrate.ts';

/** How to make int8 of a graph. */
export interface QuantiseOptions {
  /** Linears, embeddings, or layers above them, that stay in fp32. */
  readonly keepFp32: readonly string[];
  /** Strength of smoothing, 0 for off; `auto` measures both on the samples and keeps what lowers the logit error. */
  readonly smoothing: number | 'auto';
}

/** An int8 graph, with the logits that were found on the way so that nothing is run twice. */
export interface Quantised {
  readonly graph: Graph;
  readonly smoothing: { readonly alpha: number; readonly linears: string[] } | undefined;
  /** Logits of fp32 and of the int8 graph, by position in the texts. */
  readonly referenceLogits: ReadonlyMap<number, Float32Array>;
  readonly logits: ReadonlyMap<number, Float32Array>;
}

/** Inputs of these linears carry the outlier channels (fact P11). */
const SMOOTHED = ['.attention.qkv', '.attention.query', '.attention.kv', '.feed_forward.in', '.feed_forward.out'];
/** α of fact P11, which halves the squared logit error of a model with outlier channels (docs/decisions). */
const AUTO_ALPHA = 0.85;
/** Activations settle long before; more texts only cost time. */
const MAX_CALIBRATION_TEXTS = 512;
const NONE: ReadonlyMap<number, Float32Array> = new Map();

/** The int8 form of a graph, smoothed where that is asked for or serves. */
export async function quantiseGraph(
  reference: Graph,
  encoded: readonly Int32Array[],
  { keepFp32, smoothing }: QuantiseOptions,
  progress: (step: string, done?: number, total?: number) => void,
): Promise<Quantised> {
  const plainly = (known = NONE, logits = NONE): Quantised => ({
    graph: toInt8(reference),
    smoothing: undefined,
    referenceLogits: known,
    logits,
  });
  if (smoothing === 0) {
    progress('quantise');
    return plainly();
  }
  const positions = spread(encoded.length, MAX_CALIBRATION_TEXTS);
  const { largest, logits: referenceLogits } = await measureActivations(
    reference,
    { encoded, positions, suffixes: SMOOTHED, keepFp32 },
    (done, total) => progress('calibrate', done, total),
  );
  progress('quantise');
  if (largest.size === 0) return plainly(referenceLogits);
  const alpha = smoothing === 'auto' ? AUTO_ALPHA : smoothing;
  const smoothed: Quantised = {
    graph: toInt8(smooth(reference, largest, alpha)),
    smoothing: { alpha, linears: [...largest.keys()] },
    referenceLogits,
    logits: NONE,
  };
  if (smoothing !== 'auto') return smoothed;
  const using = await runAt(smoothed.graph, encoded, positions, (done, total) => progress('try smoothed', done, total));
  const plain = plainly(referenceLogits);
  const without = await runAt(plain.graph, encoded, positions, (done, total) => progress('try plain', done, total));
  const wanted = [...referenceLogits.values()];
  return meanSquaredError([...using.values()], wanted) < meanSquaredError([...without.values()], wanted)
    ? { ...smoothed, logits: using }
    : { ...plain, logits: without };

  function toInt8(graph: Graph): Graph {
    return quantiseEmbeddings(quantiseLinears(graph, keepFp32), keepFp32);
  }
}
