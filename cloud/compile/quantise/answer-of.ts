import { mergeEntities } from '../../../component/classify/entities.ts';
import type { ProblemType } from '../../checkpoint/checkpoint.ts';
import { argmax, probabilities } from './probabilities.ts';

/** What the shipped model made of one sample. */
export interface ObservedSample {
  readonly text: string;
  /** One row, or one for each token of a token task that stands for text. */
  readonly rows: readonly Float32Array[];
  /** Tokens with specials as the model saw them, after the cut. */
  readonly tokenCount: number;
  readonly unknownCount: number;
  readonly truncated: boolean;
  /** Token tasks only: where each of `rows` stands in the text. */
  readonly offsets?: Int32Array;
}

/** By what rules logits become answers. */
export interface Judgement {
  readonly labels: readonly string[];
  readonly problem: ProblemType;
  readonly temperature: number;
}

/** What the device answers to a sample, before any rejection. */
export interface SampleAnswer {
  /** Token tasks: the label of the best entity, or '' without one. */
  readonly label: string;
  /** A probability, or the value of a regression. */
  readonly score: number;
  /** By how much probability the answer stands off from the next best one; a regression has no next best. */
  readonly margin: number;
}

/** The answer as the device's engine gives it. */
export function answerOf({ rows, offsets }: ObservedSample, judgement: Judgement): SampleAnswer {
  if (offsets) return tokenAnswer(rows, offsets, judgement);
  const { labels, problem, temperature } = judgement;
  const scores = probabilities(rows[0] ?? new Float32Array(), problem, temperature);
  const best = argmax(scores);
  const score = scores[best] ?? 0;
  const margin = problem === 'regression' ? Infinity : score - runnerUp(scores, best);
  return { label: labels[best] ?? '', score, margin };
}

function tokenAnswer(
  rows: readonly Float32Array[],
  offsets: Int32Array,
  { labels, temperature }: Judgement,
): SampleAnswer {
  const logits = Float32Array.from(rows.flatMap((row) => [...row]));
  const entities = mergeEntities(logits, offsets, labels, temperature);
  // One token that changes its label can move the bounds of an entity, and with them its score.
  let margin = rows.reduce((least, row) => {
    const scores = probabilities(row, 'single_label_classification', temperature);
    const best = argmax(scores);
    return Math.min(least, (scores[best] ?? 0) - runnerUp(scores, best));
  }, Infinity);
  const [first, ...others] = [...entities].sort((a, b) => b.score - a.score);
  if (first === undefined) return { label: '', score: 0, margin };
  const rival = others.find(({ label }) => label !== first.label);
  if (rival) margin = Math.min(margin, first.score - rival.score);
  return { label: first.label, score: first.score, margin };
}

function runnerUp(scores: Float64Array, best: number): number {
  return scores.reduce((most, value, index) => (index === best ? most : Math.max(most, value)), 0);
}
