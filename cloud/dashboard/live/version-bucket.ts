import { CONFIDENCE_BINS } from '../../../component/contract/bins.ts';
import { LATENCY_BINS } from './histogram.ts';

/** Labels told apart of one version; those beyond it are counted together. */
export const MAX_LABELS = 256;

/** What one version did in one step of time. */
export interface VersionBucket {
  rejected: number;
  cached: number;
  truncated: number;
  scoreSum: number;
  readonly latency: Uint32Array;
  readonly confidence: Uint32Array;
  /** By number of the label; the last one is all others. */
  readonly labels: Uint32Array;
  /** Sums over windows of statistics, weighted by their texts. */
  readonly statistics: Record<Statistic, { sum: number; weight: number }>;
}

export const STATISTICS = ['labels', 'confidence', 'length', 'agreement', 'accuracy'] as const;
export type Statistic = (typeof STATISTICS)[number];

export function makeVersionBucket(): VersionBucket {
  const none = (): { sum: number; weight: number } => ({ sum: 0, weight: 0 });
  return {
    rejected: 0,
    cached: 0,
    truncated: 0,
    scoreSum: 0,
    latency: new Uint32Array(LATENCY_BINS),
    confidence: new Uint32Array(CONFIDENCE_BINS),
    labels: new Uint32Array(MAX_LABELS + 1),
    statistics: { labels: none(), confidence: none(), length: none(), agreement: none(), accuracy: none() },
  };
}

/** The weighted mean of a statistic; null where no window had it. */
export function meanOf({ statistics }: VersionBucket, name: Statistic): number | null {
  const { sum, weight } = statistics[name];
  return weight === 0 ? null : sum / weight;
}

/** Adds one bucket to another. */
export function addBucket(to: VersionBucket, from: VersionBucket): void {
  to.rejected += from.rejected;
  to.cached += from.cached;
  to.truncated += from.truncated;
  to.scoreSum += from.scoreSum;
  addCounts(to.latency, from.latency);
  addCounts(to.confidence, from.confidence);
  addCounts(to.labels, from.labels);
  for (const name of STATISTICS) {
    to.statistics[name].sum += from.statistics[name].sum;
    to.statistics[name].weight += from.statistics[name].weight;
  }
}

function addCounts(to: Uint32Array, from: Uint32Array): void {
  for (let at = 0; at < to.length; at++) to[at] = (to[at] ?? 0) + (from[at] ?? 0);
}
