import type { Fidelity } from '../../../component/contract/manifest.ts';
import type { ProblemType } from '../../checkpoint/checkpoint.ts';
import type { Sample } from '../../dataset/dataset.ts';
import { argmax, probabilities } from './probabilities.ts';

/** What both precisions answer to one sample: one row of logits, or one for each token of a token task's text. */
export interface ComparedSample {
  readonly sample: Sample;
  readonly reference: readonly Float32Array[];
  readonly shipped: readonly Float32Array[];
}

/** A sample on which the precisions differ most. */
export interface WorstExample {
  readonly text: string;
  readonly referenceLabel: string;
  readonly referenceScore: number;
  readonly label: string;
  readonly score: number;
  readonly probabilityChange: number;
}

export interface FidelityReport {
  readonly fidelity: Fidelity;
  readonly worst: readonly WorstExample[];
}

/** Share of fp32's accuracy that must remain where labels are given, and agreement where none are. */
export const GATE_SHARE = 0.99;
const CONFIDENT = 0.5;
const WORST_COUNT = 5;
/** A regression answers alike when it moves by less than this share of the range of the samples' answers. */
const REGRESSION_TOLERANCE = 0.05;

interface Answer {
  /** Comparable form of the answer: a label index, a set of them, or a number. */
  readonly key: string;
  readonly confidence: number;
  readonly probabilities: Float64Array;
}

/** Compares the shipped precision with fp32, sample by sample, row by row. */
export function measureFidelity(
  compared: readonly ComparedSample[],
  labels: readonly string[],
  problem: ProblemType,
  options: { readonly samples: 'built-in' | 'user'; readonly temperature: number },
): FidelityReport {
  const range = problem === 'regression' ? rangeOf(compared) : 1;
  let rows = 0;
  let agreeing = 0;
  let confident = 0;
  let confidentAgreeing = 0;
  let changeSum = 0;
  let changeMax = 0;
  let squares = 0;
  let logitCount = 0;
  let referenceCorrect = 0;
  let correct = 0;
  let labelled = 0;
  let referenceError = 0;
  let error = 0;
  const worst: WorstExample[] = [];
  for (const { sample, reference, shipped } of compared) {
    for (const [index, referenceRow] of reference.entries()) {
      const shippedRow = shipped[index] ?? new Float32Array(referenceRow.length);
      const before = answerOf(referenceRow, problem, options.temperature);
      const after = answerOf(shippedRow, problem, options.temperature);
      const change = largestChange(before.probabilities, after.probabilities) / range;
      const same = problem === 'regression' ? change <= REGRESSION_TOLERANCE : before.key === after.key;
      rows++;
      if (same) agreeing++;
      if (before.confidence >= CONFIDENT) {
        confident++;
        if (same) confidentAgreeing++;
      }
      const bounded = Math.min(1, change);
      changeSum += bounded;
      changeMax = Math.max(changeMax, bounded);
      for (let column = 0; column < referenceRow.length; column++) {
        squares += ((referenceRow[column] ?? 0) - (shippedRow[column] ?? 0)) ** 2;
        logitCount++;
      }
      if (sample.label === undefined) {
        // Nothing to hold the answer against.
      } else if (problem === 'regression') {
        labelled++;
        referenceError += Math.abs((referenceRow[0] ?? 0) - Number(sample.label));
        error += Math.abs((shippedRow[0] ?? 0) - Number(sample.label));
      } else {
        labelled++;
        const truth = truthKey(sample.label, labels, problem);
        if (before.key === truth) referenceCorrect++;
        if (after.key === truth) correct++;
      }
      worst.push({
        text: sample.text,
        ...described(before, labels, 'reference'),
        ...described(after, labels, 'shipped'),
        probabilityChange: rounded(bounded),
      });
    }
  }
  worst.sort((a, b) => b.probabilityChange - a.probabilityChange);
  return {
    fidelity: {
      sampleCount: compared.length,
      labelled: labelled > 0,
      samples: options.samples,
      agreement: rounded(ratio(agreeing, rows)),
      confidentAgreement: rounded(ratio(confidentAgreeing, confident)),
      confidentCount: confident,
      meanProbabilityChange: rounded(ratio(changeSum, rows, 0)),
      maxProbabilityChange: rounded(changeMax),
      logitMeanSquaredError: rounded(ratio(squares, logitCount, 0)),
      ...(labelled === 0
        ? {}
        : problem === 'regression'
          ? { referenceMeanError: rounded(referenceError / labelled), meanError: rounded(error / labelled) }
          : { referenceAccuracy: rounded(referenceCorrect / labelled), accuracy: rounded(correct / labelled) }),
    },
    worst: worst.slice(0, WORST_COUNT).filter((example) => example.probabilityChange > 0),
  };
}

/** What of a report is said of batches. */
export function batchedOf(fidelity: Fidelity): NonNullable<Fidelity['batched']> {
  const { agreement, confidentAgreement, meanProbabilityChange, maxProbabilityChange, accuracy, meanError } = fidelity;
  return {
    agreement,
    confidentAgreement,
    meanProbabilityChange,
    maxProbabilityChange,
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(meanError === undefined ? {} : { meanError }),
  };
}

/** `alone` where texts that share batches would not pass the gate that they pass alone. */
export function batchingOf(fidelity: Fidelity): 'mixed' | 'alone' {
  return fidelity.batched === undefined || passesGate({ ...fidelity, ...fidelity.batched }) ? 'mixed' : 'alone';
}

/** True where the gate lets the bundle through: 99 % of fp32's accuracy with labels, 99 % confident agreement without. */
export function passesGate(fidelity: Fidelity): boolean {
  if (fidelity.accuracy !== undefined && fidelity.referenceAccuracy !== undefined) {
    return fidelity.accuracy >= GATE_SHARE * fidelity.referenceAccuracy;
  }
  return fidelity.confidentAgreement >= GATE_SHARE;
}

function answerOf(row: Float32Array, problem: ProblemType, temperature: number): Answer {
  const scores = probabilities(row, problem, temperature);
  if (problem === 'regression') return { key: String(row[0]), confidence: 1, probabilities: scores };
  if (problem === 'multi_label_classification') {
    const chosen = [...scores.keys()].filter((index) => (scores[index] ?? 0) >= 0.5);
    const confidence = scores.reduce((least, score) => Math.min(least, Math.max(score, 1 - score)), 1);
    return { key: chosen.join(','), confidence, probabilities: scores };
  }
  const best = argmax(scores);
  return { key: String(best), confidence: scores[best] ?? 0, probabilities: scores };
}

function truthKey(label: string, labels: readonly string[], problem: ProblemType): string {
  if (problem !== 'multi_label_classification') return String(labels.indexOf(label));
  const indices = labelsOf(label).map((part) => labels.indexOf(part));
  return indices.sort((a, b) => a - b).join(',');
}

/** The labels of a multi-label sample; it may have none. */
export function labelsOf(label: string): string[] {
  const parts = label.split('|').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

function described(
  answer: Answer,
  labels: readonly string[],
  side: 'reference',
): Pick<WorstExample, 'referenceLabel' | 'referenceScore'>;
function described(answer: Answer, labels: readonly string[], side: 'shipped'): Pick<WorstExample, 'label' | 'score'>;
function described(answer: Answer, labels: readonly string[], side: 'reference' | 'shipped'): object {
  const best = argmax(answer.probabilities);
  const label = labels[best] ?? '';
  const score = rounded(answer.probabilities[best] ?? 0);
  return side === 'reference' ? { referenceLabel: label, referenceScore: score } : { label, score };
}

function largestChange(before: Float64Array, after: Float64Array): number {
  return before.reduce((most, value, index) => Math.max(most, Math.abs(value - (after[index] ?? 0))), 0);
}

function rangeOf(compared: readonly ComparedSample[]): number {
  const values = compared.flatMap(({ reference }) => reference.map((row) => row[0] ?? 0));
  const range =
    values.reduce((most, v) => Math.max(most, v), -Infinity) -
    values.reduce((least, v) => Math.min(least, v), Infinity);
  return Number.isFinite(range) && range > 0 ? range : 1;
}

/** A share of nothing is whole: an empty set contradicts no claim. */
function ratio(part: number, whole: number, empty = 1): number {
  return whole === 0 ? empty : part / whole;
}

/** Six decimals: the last bits differ between processors and carry no meaning. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
