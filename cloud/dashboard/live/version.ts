import type { ModelReference } from '../../../component/contract/parts.ts';
import type { StatsData } from '../../../component/contract/stats.ts';
import {
  type Baseline,
  DRIFT_INDICES,
  type DriftIndex,
  type DriftSpread,
  type VersionView,
  type VersionWindow,
  versionId,
} from '../wire/frame.ts';
import { WINDOW_NAMES, WINDOWS, type WindowName } from '../wire/windows.ts';
import { latencyBin, percentile } from './histogram.ts';
import { Ring } from './ring.ts';
import {
  addBucket,
  MAX_LABELS,
  makeVersionBucket,
  meanOf,
  STATISTICS,
  type Statistic,
  type VersionBucket,
} from './version-bucket.ts';

/** Labels that travel to the page by name. */
const SHOWN_LABELS = 40;
/** Devices whose newest stability indices are remembered of one version. */
const MAX_JUDGED = 5_000;
/** Where drift begins on a device unless its settings say otherwise (`driftPsiBegin`). */
export const DRIFT_BOUND = 0.25;

/** What answers add to a version. */
export interface VersionCount {
  readonly atMs: number;
  /** Undefined where only scores and latencies are told. */
  readonly label: string | undefined;
  readonly times: number;
  readonly rejected: number;
  readonly cached: number;
  readonly truncated: number;
  readonly scoreSum: number;
  /** Score before rejection and latency, with how many texts had them. */
  readonly scores: readonly (readonly [bin: number, times: number])[];
  readonly latencies: readonly (readonly [ms: number, times: number])[];
}

/** One version of a model: what it answered and how it drifts, over time. */
export class Version {
  readonly id: string;
  readonly reference: ModelReference;
  revision: number;
  baseline: Baseline | undefined;
  readonly #firstSeenMs: number;
  readonly #rings: Readonly<Record<WindowName, Ring<VersionBucket>>>;
  readonly #labels = new Map<string, number>();
  readonly #judged = new Map<string, Partial<Record<DriftIndex, number>>>();

  constructor(reference: ModelReference, nowMs: number, revision: number) {
    this.id = versionId(reference);
    this.reference = reference;
    this.revision = revision;
    this.#firstSeenMs = nowMs;
    const ring = (name: WindowName): Ring<VersionBucket> =>
      new Ring(WINDOWS[name].versionStepMs, WINDOWS[name].versionSteps, makeVersionBucket);
    this.#rings = { '15m': ring('15m'), '6h': ring('6h'), '7d': ring('7d') };
  }

  add(count: VersionCount, nowMs: number, revision: number, windows: readonly WindowName[] = WINDOW_NAMES): void {
    this.revision = revision;
    const label = count.label === undefined ? undefined : this.#numberOf(count.label);
    for (const name of windows) {
      const bucket = this.#rings[name].at(count.atMs, nowMs, revision);
      if (bucket === undefined) continue;
      bucket.rejected += count.rejected;
      bucket.cached += count.cached;
      bucket.truncated += count.truncated;
      bucket.scoreSum += count.scoreSum;
      if (label !== undefined) bucket.labels[label] = (bucket.labels[label] ?? 0) + count.times;
      for (const [bin, times] of count.scores) bucket.confidence[bin] = (bucket.confidence[bin] ?? 0) + times;
      for (const [ms, times] of count.latencies) {
        const bin = latencyBin(ms);
        bucket.latency[bin] = (bucket.latency[bin] ?? 0) + times;
      }
    }
  }

  /** What a device says of one window of its own. */
  judge(thing: string, stats: StatsData, nowMs: number, revision: number): void {
    const { psi, accuracyEstimate, challenger } = stats;
    const atMs = Math.min(nowMs, Date.parse(stats.windowStart) + stats.windowSeconds * 1000);
    const weigh = (name: Statistic, value: number, weight: number): void =>
      this.weigh({ name, sum: value * weight, weight, atMs }, nowMs, revision);
    for (const [index, value] of Object.entries(excessOf(stats))) {
      weigh(index as DriftIndex, value, psi?.textCount ?? 0); // the keys of the record are its type's
    }
    if (accuracyEstimate) weigh('accuracy', accuracyEstimate.value, accuracyEstimate.textCount);
    if (challenger?.agreement !== undefined) weigh('agreement', challenger.agreement, challenger.textCount);
    this.remember(thing, stats, revision);
  }

  /** Keeps the newest indices of a device, for the spread over devices. */
  remember(thing: string, stats: StatsData, revision: number): void {
    this.revision = revision;
    const excess = excessOf(stats);
    if (Object.keys(excess).length === 0) return;
    this.#judged.delete(thing);
    this.#judged.set(thing, excess);
    if (this.#judged.size > MAX_JUDGED) this.#judged.delete(this.#judged.keys().next().value ?? '');
  }

  /** Adds a statistic of so many texts. */
  weigh(
    told: { readonly name: Statistic; readonly sum: number; readonly weight: number; readonly atMs: number },
    nowMs: number,
    revision: number,
    windows: readonly WindowName[] = WINDOW_NAMES,
  ): void {
    this.revision = revision;
    for (const window of windows) {
      const bucket = this.#rings[window].at(told.atMs, nowMs, revision);
      if (bucket === undefined) continue;
      bucket.statistics[told.name].sum += told.sum;
      bucket.statistics[told.name].weight += told.weight;
    }
  }

  view(nowMs: number): VersionView {
    const { name, version, digest } = this.reference;
    return {
      id: this.id,
      name,
      version,
      digest,
      firstSeenMs: this.#firstSeenMs,
      windows: { '15m': this.#window('15m', nowMs), '6h': this.#window('6h', nowMs), '7d': this.#window('7d', nowMs) },
      spread: {
        labels: this.#spread('labels'),
        confidence: this.#spread('confidence'),
        length: this.#spread('length'),
      },
      baseline: this.baseline ?? null,
    };
  }

  /** Labels and how often each was answered since the seven-day window began, for metrics. */
  labelTotals(nowMs: number): ReadonlyMap<string, number> {
    const { labels, otherLabels } = this.#window('7d', nowMs, MAX_LABELS);
    const totals = new Map(labels.map(({ label, count }) => [label, count]));
    if (otherLabels > 0) totals.set('', otherLabels);
    return totals;
  }

  /** The label's number; beyond the bound that of all others. */
  #numberOf(label: string): number {
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    if (this.#labels.size >= MAX_LABELS) return MAX_LABELS;
    const made = this.#labels.size;
    this.#labels.set(label, made);
    return made;
  }

  #window(name: WindowName, nowMs: number, shown = SHOWN_LABELS): VersionWindow {
    const buckets = this.#rings[name].all(nowMs);
    const sum = makeVersionBucket();
    for (const [, bucket] of buckets) addBucket(sum, bucket);
    const counts = [...this.#labels]
      .map(([label, at]) => ({ label, count: sum.labels[at] ?? 0 }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
    const answered = sum.labels.reduce((total, count) => total + count, 0);
    const labels = counts.slice(0, shown);
    return {
      answered,
      rejected: sum.rejected,
      cached: sum.cached,
      truncated: sum.truncated,
      p50: percentile(sum.latency, 0.5),
      p90: percentile(sum.latency, 0.9),
      p99: percentile(sum.latency, 0.99),
      meanScore: answered === 0 ? 0 : sum.scoreSum / answered,
      confidence: [...sum.confidence],
      labels,
      otherLabels: answered - labels.reduce((total, { count }) => total + count, 0),
      accuracyEstimate: meanOf(sum, 'accuracy'),
      agreement: meanOf(sum, 'agreement'),
      drift: buckets
        .filter(([, { statistics }]) => STATISTICS.some((statistic) => statistics[statistic].weight > 0))
        .map(([start, bucket]) => [
          start,
          meanOf(bucket, 'labels'),
          meanOf(bucket, 'confidence'),
          meanOf(bucket, 'length'),
          meanOf(bucket, 'agreement'),
        ]),
    };
  }

  #spread(index: DriftIndex): DriftSpread | null {
    const values = [...this.#judged.values()].flatMap((found) => found[index] ?? []).sort((a, b) => a - b);
    if (values.length === 0) return null;
    const at = (share: number): number => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
    const over = values.filter((value) => value >= DRIFT_BOUND).length;
    return { devices: values.length, median: at(0.5), p90: at(0.9), over };
  }
}

/** Stability indices less what chance makes, those that are there. */
function excessOf({ psi }: StatsData): Partial<Record<DriftIndex, number>> {
  const excess: Partial<Record<DriftIndex, number>> = {};
  for (const index of DRIFT_INDICES) {
    const found = psi?.[index];
    if (found !== undefined) excess[index] = found.value - found.chance;
  }
  return excess;
}
