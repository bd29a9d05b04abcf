import type { LengthBucket } from './report.ts';
import { median } from './statistics.ts';

/** Latencies of both sides, a list a round, text by text. */
export interface LengthSamples {
  readonly tokenCounts: readonly number[];
  readonly peer: readonly (readonly number[])[];
  readonly verge: readonly (readonly number[])[];
}

const LIMITS = [8, 16, 32, 64, Number.POSITIVE_INFINITY];

/** Sorts latencies by the length of their texts; buckets without a text are left out. */
export function lengthBuckets({ tokenCounts, peer, verge }: LengthSamples): LengthBucket[] {
  return LIMITS.flatMap((most, index) => {
    const least = (LIMITS[index - 1] ?? 0) + 1;
    const chosen = [...tokenCounts.keys()].filter((text) => {
      const count = tokenCounts[text] ?? 0;
      return count >= least && count <= most;
    });
    if (chosen.length === 0) return [];
    const of = (rounds: LengthSamples['peer']): number =>
      median(rounds.flatMap((round) => chosen.map((text) => round[text] ?? Number.NaN)));
    const tokens = Number.isFinite(most) ? `${least} to ${most}` : `from ${least}`;
    return [{ tokens, texts: chosen.length, peerMs: of(peer), vergeMs: of(verge) }];
  });
}
