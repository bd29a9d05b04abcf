import type { Baseline, Rejection } from '../../../component/contract/manifest.ts';
import { answerOf, type Judgement, type ObservedSample } from './answer-of.ts';
import { baselineShares } from './baseline-shares.ts';
import { rounded } from './fidelity.ts';
import { argmax, probabilities } from './probabilities.ts';

/** What the samples look like to the model: the yardstick against which a device measures drift. */
export function measureBaseline(
  observed: readonly ObservedSample[],
  judgement: Judgement,
  rejection: Rejection | undefined,
): Baseline {
  const { labels, problem, temperature } = judgement;
  const counts = new Array<number>(labels.length).fill(0);
  const reject = rejection ? labels.indexOf(rejection.label) : -1;
  let rows = 0;
  for (const row of observed.flatMap((sample) => sample.rows)) {
    const scores = probabilities(row, problem, temperature);
    const best = argmax(scores);
    const answered = rejection && (scores[best] ?? 0) < rejection.threshold ? reject : best;
    counts[answered] = (counts[answered] ?? 0) + 1;
    rows++;
  }
  const scores = observed.map((sample) => answerOf(sample, judgement).score);
  const tokens = observed.reduce((sum, sample) => sum + sample.tokenCount, 0);
  const unknown = observed.reduce((sum, sample) => sum + sample.unknownCount, 0);
  const isRegression = problem === 'regression';
  const confidences = isRegression ? scores.map(() => 1) : scores;
  const lengths = observed.map((sample) => sample.tokenCount);
  const lengthDeciles = deciles(lengths);
  return {
    sampleCount: observed.length,
    labelShares: counts.map((value) => rounded(rows === 0 ? 0 : value / rows)),
    confidenceDeciles: deciles(confidences),
    ...(isRegression ? { valueDeciles: deciles(scores) } : {}),
    lengthDeciles,
    unknownTokenRate: rounded(tokens === 0 ? 0 : unknown / tokens),
    truncationRate: rounded(observed.filter((sample) => sample.truncated).length / Math.max(1, observed.length)),
    ...baselineShares(confidences, lengths, lengthDeciles),
  };
}

/** The 0 %, 10 %, … 100 % quantiles; zeros where there is nothing. */
function deciles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return Array.from({ length: 11 }, (_, index) => rounded(sorted[Math.round((index * (sorted.length - 1)) / 10)] ?? 0));
}
