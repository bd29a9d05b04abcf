import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Sample } from '../dataset/dataset.ts';
import { compileErrors } from './errors.ts';
import type { Graph } from './graph/graph.ts';
import type { CompileOptions } from './options.ts';
import { findLinears, isListed } from './passes/linears.ts';
import { findTables } from './passes/quantise-embeddings.ts';
import { labelsOf } from './quantise/fidelity.ts';

type Answers = Pick<Checkpoint, 'labels' | 'problemType' | 'task'>;

/** Holds what the user asks for against the model, before any work. @throws VergeError COMPILE_… */
export function checkOptions(graph: Graph, model: Answers, options: CompileOptions): void {
  if (model.problemType === 'regression' && model.labels.length > 1) {
    throw compileErrors.make(
      'COMPILE_REGRESSION_SEVERAL',
      `the model is a regression of ${model.labels.length} values`,
    );
  }
  checkKept(graph, options.keepFp32);
  const { samples } = options.samples;
  if (options.rejectLabel !== undefined) checkRejectLabel(options.rejectLabel, model, samples);
  for (const [index, { label }] of samples.entries()) {
    const problem = label === undefined ? undefined : problemOf(label, model);
    if (problem) throw compileErrors.make(problem.code, `sample ${index + 1} has the label ${problem.what}`);
  }
}

/**
 * The tokenizer of another model makes ids that the word table has no rows for.
 * @param encoded token ids of the samples
 * @throws VergeError COMPILE_TOKENIZER_FOREIGN
 */
export function checkIds(encoded: readonly Int32Array[], vocabularySize: unknown): void {
  if (typeof vocabularySize !== 'number') return;
  for (const ids of encoded) {
    const beyond = ids.find((id) => id >= vocabularySize);
    if (beyond === undefined) continue;
    throw compileErrors.make(
      'COMPILE_TOKENIZER_FOREIGN',
      `the tokenizer makes the token id ${beyond}, and the model knows ${vocabularySize} (config.json: vocab_size)`,
    );
  }
}

function checkKept(graph: Graph, kept: readonly string[]): void {
  const names = [...findLinears(graph), ...findTables(graph)].map(({ name }) => name);
  for (const entry of kept) {
    if (names.some((name) => isListed(name, [entry]))) continue;
    throw compileErrors.make(
      'COMPILE_KEEP_FP32_UNKNOWN',
      `--keep-fp32 ${entry} names no layer; the layers are ${names.join(', ')}`,
    );
  }
}

function checkRejectLabel(label: string, { labels, problemType, task }: Answers, samples: readonly Sample[]): void {
  const shown = JSON.stringify(label);
  if (problemType !== 'single_label_classification' || task !== 'text-classification') {
    throw compileErrors.make('COMPILE_REJECT_LABEL_NEEDS_SINGLE_LABEL', `the model is a ${problemType} ${task} model`);
  }
  if (!labels.includes(label)) {
    throw compileErrors.make('COMPILE_REJECT_LABEL_UNKNOWN', `the model has no label ${shown}`);
  }
  if (!samples.some((sample) => sample.label === label)) {
    throw compileErrors.make('COMPILE_REJECT_LABEL_NEEDS_SAMPLES', `the samples hold no text with the label ${shown}`);
  }
}

/** Why a sample's label cannot be held against the model's answer; undefined where it can. */
function problemOf(
  label: string,
  { labels, problemType, task }: Answers,
): { code: 'COMPILE_SAMPLE_LABEL_UNKNOWN' | 'COMPILE_SAMPLE_LABEL_UNUSABLE'; what: string } | undefined {
  const shown = JSON.stringify(label.slice(0, 100));
  if (task === 'token-classification') {
    return { code: 'COMPILE_SAMPLE_LABEL_UNUSABLE', what: `${shown}, and the model labels tokens, not texts` };
  }
  if (problemType === 'regression') {
    const isNumber = label.trim() !== '' && Number.isFinite(Number(label));
    return isNumber ? undefined : { code: 'COMPILE_SAMPLE_LABEL_UNUSABLE', what: `${shown}, which is no number` };
  }
  const parts = problemType === 'multi_label_classification' ? labelsOf(label) : [label];
  const unknown = parts.find((part) => !labels.includes(part));
  if (unknown === undefined) return undefined;
  const what = `${JSON.stringify(unknown.slice(0, 100))}, which the model does not know`;
  return { code: 'COMPILE_SAMPLE_LABEL_UNKNOWN', what };
}
