/** Scores fall into ten equal bins from 0 to 1; 1 belongs to the last. */
export const CONFIDENCE_BINS = 10;
/** Token counts fall between the deciles of the baseline: up to the 10 % one, up to the 20 % one, … above the 90 % one. */
export const LENGTH_BINS = 10;

/** Index of the bin of a score; what lies outside 0 to 1 goes to the nearest. */
export function confidenceBin(score: number): number {
  return Math.min(CONFIDENCE_BINS - 1, Math.max(0, Math.floor(score * CONFIDENCE_BINS)));
}

/**
 * Index of the bin of a token count. Where deciles are equal, as those of whole numbers often are, the bins between them
 * stay empty.
 * @param deciles the 11 of the baseline, from 0 % to 100 %
 */
export function lengthBin(deciles: readonly number[], tokenCount: number): number {
  let bin = 0;
  while (bin < LENGTH_BINS - 1 && tokenCount > (deciles[bin + 1] ?? Infinity)) bin++;
  return bin;
}
