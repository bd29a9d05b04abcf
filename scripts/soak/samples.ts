import { readdir, readFile } from 'node:fs/promises';

/** What a process holds at one moment. */
export interface Sample {
  readonly rssMiB: number;
  /** Open file descriptors: files, sockets, pipes, event loops. */
  readonly descriptors: number;
  readonly threads: number;
  /** Results that had come by then. */
  readonly results: number;
}

/** Looks at a process through /proc. @throws Error where it has ended */
export async function takeSample(pid: number, results: number): Promise<Sample> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const number = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
  return { rssMiB: number('VmRSS') / 1024, descriptors, threads: number('Threads'), results };
}

/** How RSS moves over a stretch of samples. */
export interface Trend {
  /** MiB over the whole stretch. */
  readonly riseMiB: number;
  /** The true rise is no further from it, with 95 % confidence. */
  readonly doubtMiB: number;
}

/** Neighbouring samples resemble each other: one of these blocks stands for one observation. */
const BLOCKS = 12;
/** Student's t for 95 %, two-sided, at ten degrees of freedom. */
const T_95 = 2.228;

/** A line through the medians of the second half's blocks, by least squares. */
export function trendOf(samples: readonly Sample[]): Trend {
  const half = samples.slice(samples.length >> 1);
  const points = Array.from({ length: BLOCKS }, (_, index) => {
    const block = half.slice((index * half.length) / BLOCKS, ((index + 1) * half.length) / BLOCKS);
    return median(block.map(({ rssMiB }) => rssMiB));
  });
  const mean = points.reduce((sum, y) => sum + y, 0) / BLOCKS;
  const middle = (BLOCKS - 1) / 2;
  let [spread, common] = [0, 0];
  for (const [x, y] of points.entries()) {
    spread += (x - middle) ** 2;
    common += (x - middle) * (y - mean);
  }
  const slope = common / spread;
  const residual = points.reduce((sum, y, x) => sum + (y - mean - slope * (x - middle)) ** 2, 0);
  const error = Math.sqrt(residual / (BLOCKS - 2) / spread);
  return { riseMiB: slope * BLOCKS, doubtMiB: T_95 * error * BLOCKS };
}

export interface Fifth {
  /** Descriptors and threads are the fewest: what it holds between two swaps. A swap that is under way holds a second model. */
  readonly rssMiB: number;
  readonly maxRssMiB: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly results: number;
}

/** The median of RSS and the most, the fewest descriptors and threads, and the results that came in each fifth of the time. */
export function inFifths(samples: readonly Sample[]): Fifth[] {
  return Array.from({ length: 5 }, (_, index) => {
    const start = Math.floor((index * samples.length) / 5);
    const part = samples.slice(start, Math.floor(((index + 1) * samples.length) / 5));
    const before = samples[start - 1]?.results ?? 0;
    return {
      rssMiB: median(part.map(({ rssMiB }) => rssMiB)),
      maxRssMiB: Math.max(...part.map(({ rssMiB }) => rssMiB)),
      descriptors: Math.min(...part.map(({ descriptors }) => descriptors)),
      threads: Math.min(...part.map(({ threads }) => threads)),
      results: (part.at(-1)?.results ?? before) - before,
    };
  });
}

/** RSS may rise by 5 % or by 8 MiB, whichever is more: what the allocator keeps back strays by as much. */
const RISE_SHARE = 0.05;
const RISE_MIB = 8;
/** A descriptor or a thread leaked with one swap in a hundred shows. */
const RISE_COUNT = 1;

/**
 * The first fifth warms up; from the second to the last nothing may have grown, and over the second half RSS may not rise
 * beyond doubt by more than a quarter of what it may stray by. @returns what has
 */
export function growthOf(fifths: readonly Fifth[], { riseMiB, doubtMiB }: Trend): string[] {
  const [, second, , , last] = fifths;
  if (second === undefined || last === undefined) return ['there are no five fifths'];
  const growth: string[] = [];
  const rise = last.rssMiB - second.rssMiB;
  if (!(rise <= Math.max(second.rssMiB * RISE_SHARE, RISE_MIB))) growth.push(`RSS rose by ${rise.toFixed(1)} MiB`);
  if (!(riseMiB - doubtMiB <= RISE_MIB / 4)) {
    growth.push(`RSS rises over the second half, by ${riseMiB.toFixed(1)} ± ${doubtMiB.toFixed(1)} MiB`);
  }
  for (const key of ['descriptors', 'threads'] as const) {
    if (!(last[key] - second[key] <= RISE_COUNT)) growth.push(`${key} rose from ${second[key]} to ${last[key]}`);
  }
  return growth;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
