/** Latencies fall into bins that grow by 15 % each, from 0.05 ms to half a minute, so a percentile is right to about 7 %. */
const FIRST_MS = 0.05;
const GROWTH = 1.15;
export const LATENCY_BINS = 96;

const LOG_GROWTH = Math.log(GROWTH);

/** Index of the bin of a latency; what lies outside goes to the nearest. */
export function latencyBin(ms: number): number {
  if (!(ms > FIRST_MS)) return 0;
  return Math.min(LATENCY_BINS - 1, 1 + Math.floor(Math.log(ms / FIRST_MS) / LOG_GROWTH));
}

/** The latency below which the share lies, nearest rank: the middle of its bin by ratio. 0 where nothing was counted. */
export function percentile(bins: ArrayLike<number>, share: number): number {
  let total = 0;
  for (let bin = 0; bin < bins.length; bin++) total += bins[bin] ?? 0;
  if (total === 0) return 0;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    seen += bins[bin] ?? 0;
    if (seen >= rank) return binLatency(bin);
  }
  return 0;
}

/** The latency that stands for all of a bin. */
export function binLatency(bin: number): number {
  return round(bin === 0 ? FIRST_MS : FIRST_MS * GROWTH ** (bin - 0.5));
}

/** The bin of a latency in milliseconds as SQL, for any expression that is above 0. */
export function latencyBinSql(ms: string): string {
  return `case when ${ms} <= ${FIRST_MS} then 0
    else least(${LATENCY_BINS - 1}, 1 + floor(ln(greatest(${ms}, ${FIRST_MS}) / ${FIRST_MS}) / ln(${GROWTH}))) end`;
}

/** Three digits are more than the bins know. */
function round(ms: number): number {
  return Number(ms.toPrecision(3));
}
