import { CONFIDENCE_BINS, LENGTH_BINS } from '../../contract/bins.ts';
import type { DriftSignal } from '../../contract/event.ts';
import type { Baseline } from '../../contract/manifest.ts';
import { estimateAccuracy, hasAccuracy } from '../stats/accuracy-estimate.ts';
import type { Tally, Yardstick } from '../stats/tally.ts';
import { meanFrom, shareBelow } from './deciles.ts';
import { mergeNeighbours, mergeRare, type StabilityIndex, stabilityIndex } from './population-stability.ts';

/** How far what came is from the baseline. */
export interface Drift {
  readonly textCount: number;
  readonly labels: StabilityIndex | undefined;
  readonly confidence: StabilityIndex | undefined;
  readonly length: StabilityIndex | undefined;
  /** What is held against the bounds; absent where it means nothing for this model. */
  readonly signals: ReadonlyMap<DriftSignal, number>;
}

export function measureDrift(tally: Tally, yardstick: Yardstick): Drift {
  const { baseline } = yardstick;
  const labels = yardstick.task === 'text-classification' ? labelIndex(tally, yardstick) : undefined;
  const { sampleCount } = baseline;
  const ordered = (shares: readonly number[], counts: readonly number[]): StabilityIndex | undefined =>
    stabilityIndex(mergeNeighbours({ baseline: shares, counts }, sampleCount), sampleCount);
  const confidence = comparesConfidence(yardstick)
    ? ordered(confidenceSharesOf(baseline), tally.confidence)
    : undefined;
  const length = ordered(lengthSharesOf(baseline), tally.length);
  const signals = new Map<DriftSignal, number>();
  const note = (signal: DriftSignal, value: number | undefined): void => {
    if (value !== undefined) signals.set(signal, value);
  };
  note('labels', excess(labels));
  note('confidence', excess(confidence));
  note('length', excess(length));
  if (tally.tokenCount > 0) note('unknown-tokens', tally.unknownCount / tally.tokenCount - baseline.unknownTokenRate);
  note('rejections', moreRejections(tally, yardstick));
  note('accuracy', lostAccuracy(tally, yardstick));
  return { textCount: tally.textCount, labels, confidence, length, signals };
}

/** Labels by share, and beside them whatever else was answered, such as a reject label that the model does not know. */
function labelIndex(tally: Tally, { labels, baseline }: Yardstick): StabilityIndex | undefined {
  const shares = labels.map((_, index) => baseline.labelShares[index] ?? 0);
  const counts = labels.map((label) => tally.labels.get(label) ?? 0);
  shares.push(Math.max(0, 1 - sum(shares)));
  counts.push(Math.max(0, tally.textCount - sum(counts)));
  return stabilityIndex(mergeRare({ baseline: shares, counts }, baseline.sampleCount), baseline.sampleCount);
}

/** Of token tasks the baseline may tell of tokens, where a device sees entities. */
function comparesConfidence({ task, problemType }: Yardstick): boolean {
  return task === 'text-classification' && problemType !== 'regression';
}

function confidenceSharesOf({ confidenceShares, confidenceDeciles }: Baseline): readonly number[] {
  if (confidenceShares) return confidenceShares;
  const upTo = Array.from({ length: CONFIDENCE_BINS }, (_, bin) =>
    bin + 1 === CONFIDENCE_BINS ? 1 : shareBelow(confidenceDeciles, (bin + 1) / CONFIDENCE_BINS),
  );
  return upTo.map((share, bin) => share - (upTo[bin - 1] ?? 0));
}

/** Half a token up, since a decile among whole numbers stands for all texts of its length. */
function lengthSharesOf({ lengthShares, lengthDeciles }: Baseline): readonly number[] {
  if (lengthShares) return lengthShares;
  const upTo = Array.from({ length: LENGTH_BINS }, (_, bin) =>
    bin + 1 === LENGTH_BINS ? 1 : shareBelow(lengthDeciles, (lengthDeciles[bin + 1] ?? 0) + 0.5),
  );
  return upTo.map((share, bin) => Math.max(0, share - (upTo[bin - 1] ?? 0)));
}

function moreRejections(tally: Tally, { rejection, baseline }: Yardstick): number | undefined {
  if (rejection === undefined || tally.textCount === 0) return undefined;
  return tally.rejectedCount / tally.textCount - shareBelow(baseline.confidenceDeciles, rejection.threshold);
}

function lostAccuracy(tally: Tally, yardstick: Yardstick): number | undefined {
  if (!hasAccuracy(yardstick)) return undefined;
  const expected = meanFrom(yardstick.baseline.confidenceDeciles, yardstick.rejection?.threshold ?? 0);
  const estimate = estimateAccuracy(tally);
  return expected === undefined || estimate === undefined ? undefined : expected - estimate.value;
}

function excess(index: StabilityIndex | undefined): number | undefined {
  return index && Math.max(0, index.value - index.chance);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
