/**
 * Cuts texts into batches by fact R2: sorted by length, as many as stay within `maxPaddedTokens` when padded to the
 * longest of them. A text that is longer on its own makes a batch of one.
 *
 * @param lengths tokens of each text
 * @returns indices into `lengths`; every index exactly once
 */
export function planBatches(lengths: ArrayLike<number>, maxPaddedTokens: number): number[][] {
  const order = Array.from({ length: lengths.length }, (_, index) => index);
  order.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const index of order) {
    if (batch.length > 0 && (batch.length + 1) * (lengths[index] ?? 0) > maxPaddedTokens) {
      batches.push(batch);
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
