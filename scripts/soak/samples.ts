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

export interface Fifth {
  readonly rssMiB: number;
  readonly maxRssMiB: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly results: number;
}

/** Medians, the largest RSS, and the results that came in each fifth of the time. */
export function inFifths(samples: readonly Sample[]): Fifth[] {
  return Array.from({ length: 5 }, (_, index) => {
    const start = Math.floor((index * samples.length) / 5);
    const part = samples.slice(start, Math.floor(((index + 1) * samples.length) / 5));
    const before = samples[start - 1]?.results ?? 0;
    return {
      rssMiB: median(part.map(({ rssMiB }) => rssMiB)),
      maxRssMiB: Math.max(...part.map(({ rssMiB }) => rssMiB)),
      descriptors: median(part.map(({ descriptors }) => descriptors)),
      threads: median(part.map(({ threads }) => threads)),
      results: (part.at(-1)?.results ?? before) - before,
    };
  });
}

/** RSS may rise by 5 % or by 8 MiB, whichever is more: what the allocator keeps back strays by as much. */
const RISE_SHARE = 0.05;
const RISE_MIB = 8;
/** A descriptor or a thread leaked with one swap in a hundred shows. */
const RISE_COUNT = 1;

/** The first fifth warms up; from the second to the last nothing may have grown. @returns what has */
export function growthOf(fifths: readonly Fifth[]): string[] {
  const [, second, , , last] = fifths;
  if (second === undefined || last === undefined) return ['there are no five fifths'];
  const growth: string[] = [];
  const rise = last.rssMiB - second.rssMiB;
  if (!(rise <= Math.max(second.rssMiB * RISE_SHARE, RISE_MIB))) growth.push(`RSS rose by ${rise.toFixed(1)} MiB`);
  for (const key of ['descriptors', 'threads'] as const) {
    if (!(last[key] - second[key] <= RISE_COUNT)) growth.push(`${key} rose from ${second[key]} to ${last[key]}`);
  }
  return growth;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
