import { CONFIDENCE_BINS, confidenceBin, LENGTH_BINS, lengthBin } from '../../../component/contract/bins.ts';
import type { Baseline } from '../../../component/contract/manifest.ts';
import { rounded } from './fidelity.ts';

/** How the samples fill the bins in which a device counts: deciles of whole numbers, or of crowded scores, tell that poorly. */
export function baselineShares(
  confidences: readonly number[],
  tokenCounts: readonly number[],
  lengthDeciles: readonly number[],
): Required<Pick<Baseline, 'confidenceShares' | 'lengthShares'>> {
  return {
    confidenceShares: sharesOf(confidences.map(confidenceBin), CONFIDENCE_BINS),
    lengthShares: sharesOf(
      tokenCounts.map((tokenCount) => lengthBin(lengthDeciles, tokenCount)),
      LENGTH_BINS,
    ),
  };
}

function sharesOf(bins: readonly number[], binCount: number): number[] {
  const counts = new Array<number>(binCount).fill(0);
  for (const bin of bins) counts[bin] = (counts[bin] ?? 0) + 1;
  return counts.map((value) => rounded(bins.length === 0 ? 0 : value / bins.length));
}
