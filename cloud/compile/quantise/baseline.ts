import type { Baseline, GoldenSample } from '../../../component/contract/manifest.ts';
import type { ProblemType } from '../../checkpoint/checkpoint.ts';
import { baselineShares } from './baseline-shares.ts';
import { rounded } from './fidelity.ts';
import { argmax, probabilities } from './probabilities.ts';

/** What the shipped model made of one sample. */
export interface ObservedSample {
  readonly text: string;
  /** One row, or one for each token of a token task. */
  readonly rows: readonly Float32Array[];
  readonly tokenCount: number;
  readonly unknownCount: number;
  readonly truncated: boolean;
}

const GOLDEN_COUNT = 16;
/** Longer texts make poor smoke tests: they cost the device time at every load. */
const GOLDEN_MAX_UNITS = 500;
/** The integer part of the work is the same on every processor, the rest differs by far less than this (fact P10). */
const GOLDEN_TOLERANCE = 0.02;

/** What the samples look like to the model: the yardstick against which a device measures drift. */
export function measureBaseline(
  observed: readonly ObservedSample[],
  labelCount: number,
  problem: ProblemType,
  temperature: number,
): Baseline {
  const counts = new Array<number>(labelCount).fill(0);
  const confidences: number[] = [];
  let rows = 0;
  for (const { rows: sampleRows } of observed) {
    for (const row of sampleRows) {
      const scores = probabilities(row, problem, temperature);
      const best = argmax(scores);
      counts[best] = (counts[best] ?? 0) + 1;
      confidences.push(problem === 'regression' ? 1 : (scores[best] ?? 0));
      rows++;
    }
  }
  const tokens = observed.reduce((sum, sample) => sum + sample.tokenCount, 0);
  const unknown = observed.reduce((sum, sample) => sum + sample.unknownCount, 0);
  const lengths = observed.map((sample) => sample.tokenCount);
  const lengthDeciles = deciles(lengths);
  return {
    sampleCount: observed.length,
    labelShares: counts.map((value) => rounded(rows === 0 ? 0 : value / rows)),
    confidenceDeciles: deciles(confidences),
    lengthDeciles,
    unknownTokenRate: rounded(tokens === 0 ? 0 : unknown / tokens),
    truncationRate: rounded(observed.filter((sample) => sample.truncated).length / Math.max(1, observed.length)),
    ...baselineShares(confidences, lengths, lengthDeciles),
  };
}

/**
 * Texts that a device answers before it lets a model serve: evenly spread over the confident answers, so that they
 * hold on every processor.
 */
export function chooseGolden(
  observed: readonly ObservedSample[],
  labels: readonly string[],
  problem: ProblemType,
  temperature: number,
): GoldenSample[] {
  const seen = new Set<string>();
  const candidates = observed.flatMap(({ text, rows: [row, ...more] }) => {
    if (!row || more.length > 0 || text.length > GOLDEN_MAX_UNITS || seen.has(text)) return [];
    seen.add(text);
    const scores = probabilities(row, problem, temperature);
    const best = argmax(scores);
    const score = scores[best] ?? 0;
    const runnerUp = scores.reduce((most, value, index) => (index === best ? most : Math.max(most, value)), 0);
    if (problem === 'single_label_classification' && score - runnerUp < 4 * GOLDEN_TOLERANCE) return [];
    return [{ text, label: labels[best] ?? '', score }];
  });
  candidates.sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1));
  const chosen = new Map<string, GoldenSample>();
  for (let index = 0; index < GOLDEN_COUNT && candidates.length > 0; index++) {
    const at = Math.floor((index * (candidates.length - 1)) / Math.max(1, GOLDEN_COUNT - 1));
    const candidate = candidates[at];
    if (!candidate) continue;
    const { text, label, score } = candidate;
    chosen.set(text, {
      text,
      label,
      scoreMin: rounded(score - GOLDEN_TOLERANCE),
      scoreMax: rounded(score + GOLDEN_TOLERANCE),
    });
  }
  return [...chosen.values()];
}

/** The 0 %, 10 %, … 100 % quantiles; zeros where there is nothing. */
function deciles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return Array.from({ length: 11 }, (_, index) => rounded(sorted[Math.round((index * (sorted.length - 1)) / 10)] ?? 0));
}
