import type { Baseline, Fidelity, GoldenSample, Rejection } from '../../component/contract/manifest.ts';
import type { Tokenizer } from '../../component/text/tokenizer.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { checkIds, checkOptions } from './check-options.ts';
import type { Graph } from './graph/graph.ts';
import type { CompileOptions } from './options.ts';
import type { Judgement, ObservedSample } from './quantise/answer-of.ts';
import { answerAll, answerBatched, rowsOf } from './quantise/answers.ts';
import { measureBaseline } from './quantise/baseline.ts';
import { fitRejection, fitTemperature, type LabelledLogits, type TemperatureFit } from './quantise/confidence.ts';
import { batchedOf, type ComparedSample, measureFidelity, passesGate, type WorstExample } from './quantise/fidelity.ts';
import { chooseGolden } from './quantise/golden.ts';
import { type Quantised, quantiseGraph } from './quantise/quantise-graph.ts';
import { measureSensitivity } from './quantise/sensitivity.ts';
import { fidelityRefusal } from './refuse.ts';
import { warningsOf } from './warnings.ts';

/** A model ready to be packed. */
export interface CompiledModel {
  readonly graph: Graph;
  readonly precision: 'int8' | 'fp32';
  readonly temperature: TemperatureFit | undefined;
  readonly rejection: Rejection | undefined;
  readonly fidelity: Fidelity;
  readonly worst: readonly WorstExample[];
  readonly baseline: Baseline;
  readonly golden: readonly GoldenSample[];
  readonly smoothing: Quantised['smoothing'];
  readonly keptFp32: readonly string[];
  /** Sentences for the user: what the samples were too few or too plain to show. */
  readonly warnings: readonly string[];
}

/** Told of each step: `done` of `total` where it is countable. */
export type CompileProgress = (step: string, done?: number, total?: number) => void;

type Model = Pick<Checkpoint, 'labels' | 'problemType' | 'task' | 'maxLength' | 'config'> & {
  /** Fills short rows of a batch. */
  readonly padTokenId: number;
};

/**
 * fp32 graph → graph to ship, proven against fp32 on the samples.
 *
 * @throws VergeError COMPILE_FIDELITY_REFUSED where int8 loses too much; the message ranks the layers that hurt most
 */
export async function compileGraph(
  reference: Graph,
  model: Model,
  tokenizer: Tokenizer,
  options: CompileOptions,
  progress: CompileProgress,
): Promise<CompiledModel> {
  checkOptions(reference, model, options);
  const { samples } = options.samples;
  const tokenTask = model.task === 'token-classification';
  const encoded = samples.map(({ text }) => {
    if (tokenTask) return tokenizer.encodeWithOffsets(text, model.maxLength);
    return { ...tokenizer.encode(text, model.maxLength), offsets: undefined };
  });
  const ids = encoded.map((encoding) => encoding.ids);
  checkIds(ids, model.config.vocab_size);

  const { graph, smoothing, ...known } =
    options.precision === 'int8' ? await quantiseGraph(reference, ids, options, progress) : unchanged(reference);
  const referenceLogits = await answerAll(reference, ids, known.referenceLogits, (done, total) =>
    progress('run fp32', done, total),
  );
  const logits =
    graph === reference
      ? referenceLogits
      : await answerAll(graph, ids, known.logits, (done, total) => progress('run int8', done, total));
  const rows = (from: readonly Float32Array[], index: number): Float32Array[] =>
    rowsOf(from[index] ?? new Float32Array(), model.labels.length, encoded[index]?.offsets);

  const compared: ComparedSample[] = samples.map((sample, index) => ({
    sample,
    reference: rows(referenceLogits, index),
    shipped: rows(logits, index),
  }));
  const labelled = labelledLogits(compared, model);
  const temperature = fitTemperature(labelled);
  const { labels, problemType: problem } = model;
  const judgement: Judgement = { labels, problem, temperature: temperature?.temperature ?? 1 };
  const measuring = { samples: options.samplesKind, temperature: judgement.temperature };
  const { fidelity: alone, worst } = measureFidelity(compared, labels, problem, measuring);
  if (!passesGate(alone)) {
    const ranked = await measureSensitivity(reference, ids, referenceLogits, options.keepFp32, (done, total) =>
      progress('rank layers', done, total),
    );
    throw fidelityRefusal(alone, ranked);
  }
  let fidelity = alone;
  if (graph !== reference) {
    const logitsBatched = await answerBatched(graph, ids, model.padTokenId, (done, total) =>
      progress('run int8 in batches', done, total),
    );
    const batched = compared.map((sample, index) => ({ ...sample, shipped: rows(logitsBatched, index) }));
    fidelity = { ...alone, batched: batchedOf(measureFidelity(batched, labels, problem, measuring).fidelity) };
  }
  const rejection =
    options.rejectLabel === undefined
      ? undefined
      : fitRejection(labelled, labels, options.rejectLabel, judgement.temperature);
  const observed: ObservedSample[] = encoded.map(({ ids, unknownCount, truncated, offsets }, index) => ({
    text: samples[index]?.text ?? '',
    rows: compared[index]?.shipped ?? [],
    tokenCount: ids.length,
    unknownCount,
    truncated,
    ...(offsets ? { offsets: withoutSpecials(offsets) } : {}),
  }));
  const golden = chooseGolden(observed, judgement);
  return {
    graph,
    precision: options.precision,
    temperature,
    rejection,
    fidelity,
    worst,
    baseline: measureBaseline(observed, judgement, rejection),
    golden,
    smoothing,
    keptFp32: options.precision === 'fp32' ? [] : options.keepFp32,
    warnings: warningsOf({ options, fidelity, temperature, rejection, golden, labelled: labelled.length }),
  };
}

/** fp32 is shipped as it is. */
function unchanged(graph: Graph): Quantised {
  return { graph, smoothing: undefined, referenceLogits: new Map(), logits: new Map() };
}

function labelledLogits(
  compared: readonly ComparedSample[],
  { labels, problemType, task }: Pick<Model, 'labels' | 'problemType' | 'task'>,
): LabelledLogits[] {
  if (problemType !== 'single_label_classification' || task !== 'text-classification') return [];
  return compared.flatMap(({ sample, shipped: [logits] }) => {
    const truth = sample.label === undefined ? -1 : labels.indexOf(sample.label);
    return logits && truth >= 0 ? [{ logits, truth }] : [];
  });
}

/** The offsets of tokens that stand for text: what `rowsOf` keeps of the logits. */
function withoutSpecials(offsets: Int32Array): Int32Array {
  const kept: number[] = [];
  for (let at = 0; at < offsets.length; at += 2) {
    const [start = 0, end = 0] = offsets.subarray(at, at + 2);
    if (start !== end) kept.push(start, end);
  }
  return Int32Array.from(kept);
}
