/** Random numbers from 0 to 1 that are the same in every run (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How often each bin comes up in so many draws. */
export function draw(shares: readonly number[], count: number, random: () => number): number[] {
  const counts = shares.map(() => 0);
  for (let drawn = 0; drawn < count; drawn++) {
    let left = random();
    const bin = shares.findIndex((share) => {
      left -= share;
      return left < 0;
    });
    const at = bin < 0 ? shares.length - 1 : bin;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
