/** What a bin of the baseline must hold at least; smaller ones are put together. */
const MIN_BIN_SHARE = 0.05;
/** … and so many samples (Cochran 1954), below which `chance` says too much and real drift hides behind it. */
const MIN_BIN_SAMPLES = 5;
/** Added to every bin on both sides (Jeffreys' prior), so that an empty one makes no infinity. */
const PRIOR = 0.5;

export interface StabilityIndex {
  /** The index itself. */
  readonly value: number;
  /** Its expectation where nothing has changed but the draw. */
  readonly chance: number;
}

/** Two distributions over the same bins: shares of the baseline's samples, and counts of what has come since. */
export interface BinnedPair {
  readonly baseline: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Population stability index: Σ (p − q) ln(p / q) over the bins, with p = (count + ½) / (n + ½ B) of what came and
 * q = (share · m + ½) / (m + ½ B) of the baseline's m samples, B bins. The symmetric Kullback–Leibler divergence of the
 * two (Jeffreys 1946); 0.1 and 0.25 as "look" and "act" go back to Lewis, An Introduction to Credit Scoring (1994).
 * Where nothing has changed, it is distributed about as (1/n + 1/m) χ² with B − 1 degrees of freedom (Yurdakul, Statistical
 * Properties of Population Stability Index, 2018), so small samples and many bins alone push it over those bounds: hence
 * `chance` = (B − 1)(1/n + 1/m), which whoever judges takes off.
 * @param sampleCount the m of the baseline
 * @returns undefined where there are not two bins, no texts or no samples
 */
export function stabilityIndex({ baseline, counts }: BinnedPair, sampleCount: number): StabilityIndex | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const bins = baseline.length;
  if (bins < 2 || total === 0 || sampleCount === 0) return undefined;
  let value = 0;
  for (const [bin, share] of baseline.entries()) {
    const p = ((counts[bin] ?? 0) + PRIOR) / (total + PRIOR * bins);
    const q = (share * sampleCount + PRIOR) / (sampleCount + PRIOR * bins);
    value += (p - q) * Math.log(p / q);
  }
  return { value, chance: (bins - 1) * (1 / total + 1 / sampleCount) };
}

/** Puts neighbouring bins together until each holds enough of the baseline to be compared. */
export function mergeNeighbours({ baseline, counts }: BinnedPair, sampleCount: number): BinnedPair {
  const least = Math.max(MIN_BIN_SHARE, MIN_BIN_SAMPLES / Math.max(1, sampleCount));
  const merged = { baseline: [] as number[], counts: [] as number[] };
  let share = 0;
  let count = 0;
  for (const [bin, value] of baseline.entries()) {
    share += value;
    count += counts[bin] ?? 0;
    if (share < least) continue;
    merged.baseline.push(share);
    merged.counts.push(count);
    share = 0;
    count = 0;
  }
  const last = merged.baseline.length - 1;
  if (last < 0) return { baseline: [share], counts: [count] };
  merged.baseline[last] = (merged.baseline[last] ?? 0) + share;
  merged.counts[last] = (merged.counts[last] ?? 0) + count;
  return merged;
}

/** The same for bins without an order, such as labels: the largest first, so that only the rare share a bin. */
export function mergeRare({ baseline, counts }: BinnedPair, sampleCount: number): BinnedPair {
  const order = [...baseline.keys()].sort((a, b) => (baseline[b] ?? 0) - (baseline[a] ?? 0) || a - b);
  const sorted = {
    baseline: order.map((bin) => baseline[bin] ?? 0),
    counts: order.map((bin) => counts[bin] ?? 0),
  };
  return mergeNeighbours(sorted, sampleCount);
}
