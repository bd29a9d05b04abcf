import type { AnswerRules, ScoredLabel } from './classification.ts';

/** The part of an answer that follows from logits alone. */
export interface Scored {
  readonly label: string;
  readonly labelIndex: number;
  readonly score: number;
  readonly rejected?: { readonly bestLabel: string; readonly bestScore: number };
  readonly runnersUp: readonly ScoredLabel[];
  readonly labels?: readonly ScoredLabel[];
}

/** From one row of logits to a label by the rules of the manifest. `topK` counts the runners-up. */
export function scoreRow(logits: Float32Array, rules: AnswerRules, topK: number): Scored {
  switch (rules.problemType) {
    case 'regression':
      return { label: rules.labels[0] ?? '', labelIndex: 0, score: logits[0] ?? 0, runnersUp: [] };
    case 'multi_label_classification':
      return multiLabel(logits, rules, topK);
    case 'single_label_classification':
      return singleLabel(logits, rules, topK);
  }
}

/** Softmax of logits divided by the temperature. */
export function softmax(logits: Float32Array, temperature: number): Float32Array {
  let largest = -Infinity;
  for (const value of logits) if (value > largest) largest = value;
  const scores = new Float32Array(logits.length);
  let sum = 0;
  for (let index = 0; index < logits.length; index++) {
    const weight = Math.exp(((logits[index] ?? 0) - largest) / temperature);
    scores[index] = weight;
    sum += weight;
  }
  for (let index = 0; index < scores.length; index++) scores[index] = (scores[index] ?? 0) / sum;
  return scores;
}

function singleLabel(logits: Float32Array, rules: AnswerRules, topK: number): Scored {
  const scores = softmax(logits, rules.temperature);
  const [best = 0, ...others] = largest(scores, topK + 1);
  const { rejection } = rules;
  const bestScore = scores[best] ?? 0;
  if (rejection === undefined || bestScore >= rejection.threshold) {
    return answer(best, others, scores, rules.labels);
  }
  const reject = rules.labels.indexOf(rejection.label);
  const runnersUp = [best, ...others].filter((index) => index !== reject).slice(0, topK);
  return {
    ...answer(reject, runnersUp, scores, rules.labels),
    label: rejection.label,
    rejected: { bestLabel: rules.labels[best] ?? '', bestScore },
  };
}

function multiLabel(logits: Float32Array, rules: AnswerRules, topK: number): Scored {
  const scores = logits.map((value) => 1 / (1 + Math.exp(-value / rules.temperature)));
  const [best = 0, ...others] = largest(scores, topK + 1);
  const labels = largest(scores, scores.length)
    .filter((index) => (scores[index] ?? 0) >= 0.5)
    .map((index) => ({ label: rules.labels[index] ?? '', score: scores[index] ?? 0 }));
  return { ...answer(best, others, scores, rules.labels), labels };
}

function answer(best: number, others: readonly number[], scores: Float32Array, labels: readonly string[]): Scored {
  return {
    label: labels[best] ?? '',
    labelIndex: best,
    score: scores[best] ?? 0,
    runnersUp: others.map((index) => ({ label: labels[index] ?? '', score: scores[index] ?? 0 })),
  };
}

/** Indices of the `count` largest numbers, the largest first, the first of equals first. */
export function largest(values: Float32Array, count: number): number[] {
  const found: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    const last = found[found.length - 1];
    if (found.length === count && (last === undefined || value <= (values[last] ?? 0))) continue;
    let at = found.length;
    while (at > 0 && value > (values[found[at - 1] ?? 0] ?? 0)) at--;
    found.splice(at, 0, index);
    if (found.length > count) found.pop();
  }
  return found;
}
