import type { Rejection } from '../../../component/contract/manifest.ts';
import { rounded } from './fidelity.ts';
import { argmax, probabilities } from './probabilities.ts';

/** Logits of one labelled text and the index of its true label. */
export interface LabelledLogits {
  readonly logits: Float32Array;
  readonly truth: number;
}

export interface TemperatureFit {
  readonly temperature: number;
  /** Expected calibration error over 15 equal bins, before and after. */
  readonly errorBefore: number;
  readonly errorAfter: number;
}

/** Fewer labelled texts make any fit a guess. */
export const MIN_LABELLED = 30;
const BINS = 15;
const LOG_RANGE = [Math.log(0.05), Math.log(20)] as const;

/**
 * Temperature that minimises the negative log likelihood of single-label answers (Guo et al., 2017), by golden-section
 * search over its logarithm. The order of labels never changes.
 *
 * @returns undefined with fewer than 30 labelled texts, and where all are answered right: the likelihood then only grows
 * with confidence, and the fit would call every answer certain
 */
export function fitTemperature(labelled: readonly LabelledLogits[]): TemperatureFit | undefined {
  if (labelled.length < MIN_LABELLED) return undefined;
  if (labelled.every(({ logits, truth }) => argmax(logits) === truth)) return undefined;
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high]: [number, number] = [...LOG_RANGE];
  let left = high - golden * (high - low);
  let right = low + golden * (high - low);
  let lossLeft = negativeLogLikelihood(labelled, Math.exp(left));
  let lossRight = negativeLogLikelihood(labelled, Math.exp(right));
  while (high - low > 1e-4) {
    if (lossLeft <= lossRight) {
      [high, right, lossRight] = [right, left, lossLeft];
      left = high - golden * (high - low);
      lossLeft = negativeLogLikelihood(labelled, Math.exp(left));
    } else {
      [low, left, lossLeft] = [left, right, lossRight];
      right = low + golden * (high - low);
      lossRight = negativeLogLikelihood(labelled, Math.exp(right));
    }
  }
  // Three decimals: more would differ between processors.
  const temperature = Math.round(Math.exp((low + high) / 2) * 1000) / 1000;
  return {
    temperature,
    errorBefore: rounded(calibrationError(labelled, 1)),
    errorAfter: rounded(calibrationError(labelled, temperature)),
  };
}

/**
 * The threshold on the best score below which a text is answered with `rejectLabel`: the one with the highest overall
 * accuracy on the samples, and among equals the middle of the widest stretch, which holds best on other texts.
 *
 * @returns undefined where the samples hold no text of that label, or rejecting gains nothing
 */
export function fitRejection(
  labelled: readonly LabelledLogits[],
  labels: readonly string[],
  rejectLabel: string,
  temperature: number,
): Rejection | undefined {
  const reject = labels.indexOf(rejectLabel);
  if (!labelled.some(({ truth }) => truth === reject)) return undefined;
  const answers = labelled
    .map(({ logits, truth }) => {
      const scores = probabilities(logits, 'single_label_classification', temperature);
      const best = argmax(scores);
      return { score: scores[best] ?? 0, best, truth };
    })
    .sort((a, b) => a.score - b.score);
  let correct = answers.filter(({ best, truth }) => best === truth).length;
  const before = correct;
  let top = { correct, from: 0, to: answers[0]?.score ?? 0 };
  for (const [index, { best, truth, score }] of answers.entries()) {
    // From here on this text is rejected: it turns right if it is out of scope, wrong if it was right.
    correct += (truth === reject ? 1 : 0) - (best === truth ? 1 : 0);
    const to = answers[index + 1]?.score ?? score;
    const between = middleOf(score, to);
    // Scores that differ in their last bits are equal, and no threshold of three digits parts closer ones.
    if (to - score < EQUAL_SCORES || between <= score || between > to) continue;
    if (correct > top.correct || (correct === top.correct && to - score > top.to - top.from))
      top = { correct, from: score, to };
  }
  if (top.correct <= before) return undefined;
  const threshold = middleOf(top.from, top.to);
  const share = (kept: typeof answers, at: number): number => {
    const right = kept.filter(({ score, best, truth }) => (score < at ? reject : best) === truth).length;
    return rounded(kept.length === 0 ? 1 : right / kept.length);
  };
  const inScope = answers.filter(({ truth }) => truth !== reject);
  const outOfScope = answers.filter(({ truth }) => truth === reject);
  return {
    label: rejectLabel,
    threshold,
    accuracyBefore: share(answers, 0),
    accuracyAfter: share(answers, threshold),
    inScopeAccuracyBefore: share(inScope, 0),
    inScopeAccuracyAfter: share(inScope, threshold),
    recallBefore: share(outOfScope, 0),
    recallAfter: share(outOfScope, threshold),
  };
}

/** Float32 softmax and another processor's differ by less. */
const EQUAL_SCORES = 1e-6;

/** Three digits, as people read and write thresholds. */
function middleOf(from: number, to: number): number {
  return Math.round(((from + to) / 2) * 1000) / 1000;
}

function negativeLogLikelihood(labelled: readonly LabelledLogits[], temperature: number): number {
  let sum = 0;
  for (const { logits, truth } of labelled) {
    const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
    let total = 0;
    for (const value of logits) total += Math.exp((value - largest) / temperature);
    sum += Math.log(total) - ((logits[truth] ?? 0) - largest) / temperature;
  }
  return sum / labelled.length;
}

function calibrationError(labelled: readonly LabelledLogits[], temperature: number): number {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, correct: 0, confidence: 0 }));
  for (const { logits, truth } of labelled) {
    const scores = probabilities(logits, 'single_label_classification', temperature);
    const best = argmax(scores);
    const score = scores[best] ?? 0;
    const bin = bins[Math.min(BINS - 1, Math.floor(score * BINS))];
    if (!bin) continue;
    bin.count++;
    bin.confidence += score;
    if (best === truth) bin.correct++;
  }
  return bins.reduce((sum, bin) => sum + Math.abs(bin.correct - bin.confidence), 0) / labelled.length;
}
