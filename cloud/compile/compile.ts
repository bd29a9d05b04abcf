import type { Baseline, Fidelity, GoldenSample, Rejection } from '../../component/contract/manifest.ts';
import type { Tokenizer } from '../../component/text/tokenizer.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { compileErrors } from './errors.ts';
import type { Graph } from './graph/graph.ts';
import { findLinears, isListed } from './passes/linears.ts';
import { quantiseEmbeddings } from './passes/quantise-embeddings.ts';
import { quantiseLinears } from './passes/quantise-linears.ts';
import { smooth } from './passes/smooth.ts';
import { chooseGolden, measureBaseline, type ObservedSample } from './quantise/baseline.ts';
import { measureActivations, withGraph } from './quantise/calibrate.ts';
import { fitRejection, fitTemperature, type LabelledLogits, type TemperatureFit } from './quantise/confidence.ts';
import { type ComparedSample, measureFidelity, passesGate, type WorstExample } from './quantise/fidelity.ts';
import { measureLogitErrors, measureSensitivity, runLogits } from './quantise/sensitivity.ts';

/** How to compile; `readCompileOptions` makes it of what a user writes. */
export interface CompileOptions {
  readonly precision: 'int8' | 'fp32';
  /** Linears, or layers above them, that stay in fp32. */
  readonly keepFp32: readonly string[];
  /** Strength of smoothing, 0 for off; `auto` measures both on the samples and keeps what lowers the logit error. */
  readonly smoothing: number | 'auto';
  readonly rejectLabel: string | undefined;
  readonly samples: Dataset;
  readonly samplesKind: 'built-in' | 'user';
}

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
  readonly smoothing: { readonly alpha: number; readonly linears: string[] } | undefined;
  readonly keptFp32: readonly string[];
}

/** Told of each step: `done` of `total` where it is countable. */
export type CompileProgress = (step: string, done?: number, total?: number) => void;

/** Inputs of these linears carry the outlier channels (fact P11). */
const SMOOTHED = ['.attention.qkv', '.attention.query', '.attention.kv', '.feed_forward.in', '.feed_forward.out'];
/** α of fact P11, which halves the squared logit error of a model with outlier channels (docs/decisions). */
const AUTO_ALPHA = 0.85;
/** Activations settle long before; more texts only cost time. */
const MAX_CALIBRATION_TEXTS = 512;

/**
 * fp32 graph → graph to ship, proven against fp32 on the samples.
 *
 * @throws VergeError COMPILE_FIDELITY_REFUSED where int8 loses too much; the message ranks the layers that hurt most
 */
export async function compileGraph(
  reference: Graph,
  checkpoint: Pick<Checkpoint, 'labels' | 'problemType' | 'maxLength'>,
  tokenizer: Tokenizer,
  options: CompileOptions,
  progress: CompileProgress,
): Promise<CompiledModel> {
  checkOptions(reference, checkpoint, options);
  const encoded = options.samples.samples.map(({ text }) => tokenizer.encode(text, checkpoint.maxLength));
  const ids = encoded.map((encoding) => encoding.ids);
  const { graph, smoothing } =
    options.precision === 'int8'
      ? await quantise(reference, ids, options, progress)
      : { graph: reference, smoothing: undefined };
  const referenceRows = await answerAll('run fp32', reference, ids, checkpoint.labels.length, progress);
  const shippedRows =
    graph === reference ? referenceRows : await answerAll('run int8', graph, ids, checkpoint.labels.length, progress);

  const compared: ComparedSample[] = options.samples.samples.map((sample, index) => ({
    sample,
    reference: referenceRows[index] ?? [],
    shipped: shippedRows[index] ?? [],
  }));
  const labelled = labelledLogits(compared, checkpoint);
  const temperatureFit = fitTemperature(labelled);
  const temperature = temperatureFit?.temperature ?? 1;
  const { fidelity, worst } = measureFidelity(compared, checkpoint.labels, checkpoint.problemType, {
    samples: options.samplesKind,
    temperature,
  });
  if (!passesGate(fidelity)) {
    progress('rank layers');
    await refuse(reference, ids, referenceRows, fidelity);
  }
  const observed: ObservedSample[] = encoded.map((encoding, index) => ({
    text: options.samples.samples[index]?.text ?? '',
    rows: shippedRows[index] ?? [],
    tokenCount: encoding.ids.length,
    unknownCount: encoding.unknownCount,
    truncated: encoding.truncated,
  }));
  return {
    graph,
    precision: options.precision,
    temperature: temperatureFit,
    rejection:
      options.rejectLabel === undefined
        ? undefined
        : fitRejection(labelled, checkpoint.labels, options.rejectLabel, temperature),
    fidelity,
    worst,
    baseline: measureBaseline(observed, checkpoint.labels.length, checkpoint.problemType, temperature),
    golden: chooseGolden(observed, checkpoint.labels, checkpoint.problemType, temperature),
    smoothing,
    keptFp32: options.precision === 'fp32' ? [] : options.keepFp32,
  };
}

interface Quantised {
  readonly graph: Graph;
  readonly smoothing: CompiledModel['smoothing'];
}

async function quantise(
  reference: Graph,
  ids: readonly Int32Array[],
  { smoothing, keepFp32 }: CompileOptions,
  progress: CompileProgress,
): Promise<Quantised> {
  progress('quantise');
  const plain: Quantised = { graph: toInt8(reference), smoothing: undefined };
  if (smoothing === 0) return plain;
  progress('calibrate');
  const activations = await measureActivations(reference, spread(ids, MAX_CALIBRATION_TEXTS), SMOOTHED, keepFp32);
  if (activations.size === 0) return plain;
  const alpha = smoothing === 'auto' ? AUTO_ALPHA : smoothing;
  const smoothed: Quantised = {
    graph: toInt8(smooth(reference, activations, alpha)),
    smoothing: { alpha, linears: [...activations.keys()] },
  };
  if (smoothing !== 'auto') return smoothed;
  progress('compare with and without smoothing');
  const texts = spread(ids, MAX_CALIBRATION_TEXTS);
  const wanted = await withGraph(reference, (runner) => runLogits(runner, texts));
  const [without, using] = await measureLogitErrors([plain.graph, smoothed.graph], texts, wanted);
  return (using ?? Infinity) < (without ?? 0) ? smoothed : plain;

  function toInt8(graph: Graph): Graph {
    return quantiseEmbeddings(quantiseLinears(graph, keepFp32), keepFp32);
  }
}

function checkOptions(
  graph: Graph,
  { labels, problemType }: Pick<Checkpoint, 'labels' | 'problemType'>,
  options: CompileOptions,
): void {
  const linears = findLinears(graph).map((linear) => linear.name);
  const gathers = graph.nodes.filter((node) => node.operator === 'Gather').map((node) => node.name);
  for (const entry of options.keepFp32) {
    if ([...linears, ...gathers].some((name) => isListed(name, [entry]))) continue;
    throw compileErrors.make(
      'COMPILE_KEEP_FP32_UNKNOWN',
      `--keep-fp32 ${entry} names no layer; the linears are ${linears.join(', ')}`,
    );
  }
  const label = options.rejectLabel;
  if (label !== undefined) {
    if (problemType !== 'single_label_classification') {
      throw compileErrors.make('COMPILE_REJECT_LABEL_NEEDS_SINGLE_LABEL', `the model's problem type is ${problemType}`);
    }
    if (!labels.includes(label))
      throw compileErrors.make('COMPILE_REJECT_LABEL_UNKNOWN', `the model has no label ${JSON.stringify(label)}`);
    if (!options.samples.samples.some((sample) => sample.label === label)) {
      throw compileErrors.make(
        'COMPILE_REJECT_LABEL_NEEDS_SAMPLES',
        `the samples hold no text with the label ${JSON.stringify(label)}`,
      );
    }
  }
  if (problemType === 'regression') return;
  for (const [index, sample] of options.samples.samples.entries()) {
    const parts = problemType === 'multi_label_classification' ? (sample.label?.split('|') ?? []) : [sample.label];
    const unknown = parts.find((part) => part !== undefined && !labels.includes(part.trim()));
    if (unknown === undefined) continue;
    throw compileErrors.make(
      'COMPILE_SAMPLE_LABEL_UNKNOWN',
      `sample ${index + 1} has the label ${JSON.stringify(unknown)}, which the model does not know`,
    );
  }
}

/** Rows of logits for each text: one for a text task, one a token for a token task. */
async function answerAll(
  step: string,
  graph: Graph,
  encoded: readonly Int32Array[],
  labelCount: number,
  progress: CompileProgress,
): Promise<Float32Array[][]> {
  return withGraph(graph, async (runner) => {
    const answers: Float32Array[][] = [];
    for (const ids of encoded) {
      if (answers.length % 50 === 0) progress(step, answers.length, encoded.length);
      const logits = (await runner.run(ids)).get('logits')?.data ?? new Float32Array();
      const rows: Float32Array[] = [];
      for (let start = 0; start < logits.length; start += labelCount)
        rows.push(logits.slice(start, start + labelCount));
      answers.push(rows);
    }
    return answers;
  });
}

function labelledLogits(
  compared: readonly ComparedSample[],
  { labels, problemType }: Pick<Checkpoint, 'labels' | 'problemType'>,
): LabelledLogits[] {
  if (problemType !== 'single_label_classification') return [];
  return compared.flatMap(({ sample, shipped }) => {
    const [logits] = shipped;
    const truth = sample.label === undefined ? -1 : labels.indexOf(sample.label);
    return logits && shipped.length === 1 && truth >= 0 ? [{ logits, truth }] : [];
  });
}

async function refuse(
  graph: Graph,
  ids: readonly Int32Array[],
  rows: readonly Float32Array[][],
  fidelity: Fidelity,
): Promise<never> {
  const flat = rows.map((sampleRows) => Float32Array.from(sampleRows.flatMap((row) => [...row])));
  const ranked = await measureSensitivity(graph, ids, flat);
  const worst = ranked
    .slice(0, 5)
    .map(({ name, logitMeanSquaredError }) => `${name} (${logitMeanSquaredError.toPrecision(2)})`)
    .join(', ');
  const found =
    fidelity.accuracy !== undefined && fidelity.referenceAccuracy !== undefined
      ? `int8 keeps ${percent(fidelity.accuracy)} accuracy of fp32's ${percent(fidelity.referenceAccuracy)}; 99 % of it are required`
      : `int8 agrees with fp32 on ${percent(fidelity.confidentAgreement)} of the confident samples; 99 % are required`;
  throw compileErrors.make(
    'COMPILE_FIDELITY_REFUSED',
    `${found}. Layers that hurt most, alone in int8, by squared logit error: ${worst}`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** At most `count` of a list, evenly spread over it. */
function spread<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, index) => list[Math.floor((index * list.length) / count)] as T); // index < length
}
