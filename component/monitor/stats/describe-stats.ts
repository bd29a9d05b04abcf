import type { ModelReference } from '../../contract/parts.ts';
import type { StatsData } from '../../contract/stats.ts';
import type { Drift } from '../drift/measure-drift.ts';
import type { StabilityIndex } from '../drift/population-stability.ts';
import { estimateAccuracy, hasAccuracy } from './accuracy-estimate.ts';
import type { Tally, Yardstick } from './tally.ts';

/** Data of a stats message before it is numbered. */
export type StatsBody = Omit<StatsData, 'schemaVersion' | 'boot' | 'seq'>;

/** How a challenger did over the same window. */
export interface ChallengerSummary {
  readonly model: ModelReference;
  readonly textCount: number;
  readonly agreement: number;
  readonly meanScoreChange: number;
  readonly meanInferenceMs: { readonly serving: number; readonly challenger: number };
  readonly failed: number;
  readonly skipped: number;
}

export interface StatsWindow {
  readonly model: ModelReference;
  readonly yardstick: Yardstick;
  readonly tally: Tally;
  readonly start: Date;
  readonly seconds: number;
}

/** The contract's bound. */
const MAX_LABELS = 200;
/** The envelope, with the longest names of fleet and thing that there may be, and the head of its data. */
const ENVELOPE_BYTES = 1024;

/** One window as it goes out; the rarest labels are left out where it would not fit into a message. */
export function describeStats(
  { model, yardstick, tally, start, seconds }: StatsWindow,
  drift: Drift | undefined,
  challenger: ChallengerSummary | undefined,
  maxBytes: number,
): StatsBody {
  const accuracy = hasAccuracy(yardstick) ? estimateAccuracy(tally) : undefined;
  const body: StatsBody = {
    model,
    windowStart: start.toISOString(),
    windowSeconds: Math.max(1, rounded(seconds)),
    textCount: tally.textCount,
    labelCounts: [],
    confidenceCounts: [...tally.confidence],
    meanTokenCount: rounded(tally.tokenCount / Math.max(1, tally.textCount)),
    unknownTokenRate: rate(tally.unknownCount, tally.tokenCount),
    truncationRate: rate(tally.truncatedCount, tally.textCount),
    rejectionRate: rate(tally.rejectedCount, tally.textCount),
    lengthCounts: [...tally.length],
    cachedShare: rate(tally.cachedCount, tally.textCount),
    ...(accuracy
      ? {
          accuracyEstimate: {
            value: rounded(accuracy.value),
            standardError: rounded(accuracy.standardError),
            textCount: accuracy.textCount,
          },
        }
      : {}),
    ...(drift
      ? {
          psi: {
            textCount: drift.textCount,
            ...indexOf('labels', drift.labels),
            ...indexOf('confidence', drift.confidence),
            ...indexOf('length', drift.length),
          },
        }
      : {}),
    ...(challenger ? { challenger: describeChallenger(challenger) } : {}),
  };
  return { ...body, labelCounts: fittingLabels(tally, maxBytes - ENVELOPE_BYTES - bytesOf(body)) };
}

function fittingLabels({ labels }: Tally, room: number): StatsBody['labelCounts'] {
  const byCount = [...labels].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const fitting: StatsBody['labelCounts'] = [];
  let left = room;
  for (const [label, count] of byCount.slice(0, MAX_LABELS)) {
    left -= bytesOf({ label, count }) + 1;
    if (left < 0) break;
    fitting.push({ label, count });
  }
  return fitting;
}

function describeChallenger(summary: ChallengerSummary): NonNullable<StatsBody['challenger']> {
  const { model, textCount, agreement, meanScoreChange, meanInferenceMs, failed, skipped } = summary;
  const counts = { model, textCount, failed, skipped };
  if (textCount === 0) return counts;
  return {
    ...counts,
    agreement: rounded(agreement),
    meanScoreChange: rounded(meanScoreChange),
    meanInferenceMs: {
      serving: rounded(meanInferenceMs.serving),
      challenger: rounded(meanInferenceMs.challenger),
    },
  };
}

function indexOf(name: 'labels' | 'confidence' | 'length', index: StabilityIndex | undefined): object {
  return index ? { [name]: { value: rounded(index.value), chance: rounded(index.chance) } } : {};
}

function rate(part: number, whole: number): number {
  return whole === 0 ? 0 : rounded(part / whole);
}

/** Four digits: more would be noise of the sample. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
