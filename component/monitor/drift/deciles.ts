/** Each stretch between two deciles holds a tenth of the samples, taken as spread evenly over it. */
const STRETCH = 0.1;

/** Share of the samples below a value, as far as the 11 deciles tell. */
export function shareBelow(deciles: readonly number[], value: number): number {
  let share = 0;
  for (const [low, high] of stretches(deciles)) share += STRETCH * partBelow(low, high, value);
  return share;
}

/** Mean of the samples at or above a value, as far as the deciles tell; undefined where there are none. */
export function meanFrom(deciles: readonly number[], value: number): number | undefined {
  let share = 0;
  let sum = 0;
  for (const [low, high] of stretches(deciles)) {
    const part = 1 - partBelow(low, high, value);
    share += part;
    sum += (part * (Math.max(low, value) + high)) / 2;
  }
  return share === 0 ? undefined : sum / share;
}

function* stretches(deciles: readonly number[]): Generator<[low: number, high: number]> {
  for (let index = 0; index + 1 < deciles.length; index++) yield [deciles[index] ?? 0, deciles[index + 1] ?? 0];
}

function partBelow(low: number, high: number, value: number): number {
  if (value <= low) return 0;
  return value > high ? 1 : (value - low) / (high - low);
}
