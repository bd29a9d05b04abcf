/** The middle of a list, or the mean of its middle two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** What `share` of a list is at or below, interpolated between neighbours. @returns NaN of an empty list */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
