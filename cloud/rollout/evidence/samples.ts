import type { HealthData } from '../../../component/contract/health.ts';
import type { StatsData } from '../../../component/contract/stats.ts';
import type { Gate } from '../plan/gate.ts';

/** One number that a device gave, and how much stands behind it. */
export interface Sample {
  readonly atMs: number;
  /** Which message it came by: what comes later in a device's life may arrive earlier. */
  readonly boot: string;
  readonly seq: number;
  readonly value: number;
  readonly weight: number;
}

/** What of a heartbeat is counted up from the start of a life; the difference of two is what happened between. */
export interface Counters extends Pick<Sample, 'atMs' | 'boot' | 'seq'> {
  readonly answered: number;
  readonly failed: number;
  readonly restarts: number | undefined;
}

export function countersOf({ boot, seq, counts, restarts }: HealthData, atMs: number): Counters | undefined {
  if (counts === undefined) return undefined;
  return { atMs, boot, seq, answered: counts.answered, failed: counts.failed + counts.refused, restarts };
}

/** What a heartbeat says to a gate. @param models names of the models of the wave; none: of all */
export function healthSample(
  metric: Gate['metric'],
  health: HealthData,
  models: readonly string[],
  atMs: number,
): Sample | undefined {
  if (metric === 'latency-p90') {
    const own = (health.modelLatencies ?? []).filter(({ model }) => models.includes(model));
    const parts = own.length > 0 ? own : health.latencyMs ? [health.latencyMs] : [];
    const weight = parts.reduce((sum, { count }) => sum + count, 0);
    if (weight === 0) return undefined;
    return {
      atMs,
      boot: health.boot,
      seq: health.seq,
      value: parts.reduce((sum, { count, p90 }) => sum + p90 * count, 0) / weight,
      weight,
    };
  }
  if (!metric.startsWith('health:')) return undefined;
  const value = numberAt(health, metric.slice('health:'.length).split('.'));
  return value === undefined ? undefined : { atMs, boot: health.boot, seq: health.seq, value, weight: 1 };
}

/** What a window of statistics of one model says to a gate. */
export function statsSample(metric: Gate['metric'], stats: StatsData, atMs: number): Sample | undefined {
  const { boot, seq } = stats;
  if (metric === 'confidence') {
    const weight = stats.confidenceCounts.reduce((sum, count) => sum + count, 0);
    if (weight === 0) return undefined;
    // Ten equal bins from 0 to 1: each stands for its middle.
    const sum = stats.confidenceCounts.reduce((total, count, bin) => total + count * ((bin + 0.5) / 10), 0);
    return { atMs, boot, seq, value: sum / weight, weight };
  }
  if (metric === 'drift') {
    const { psi } = stats;
    const signals = [psi?.labels, psi?.confidence, psi?.length].flatMap((one) => (one ? [one.value - one.chance] : []));
    if (psi === undefined || signals.length === 0) return undefined;
    return { atMs, boot, seq, value: Math.max(...signals), weight: psi.textCount };
  }
  if (metric === 'agreement') {
    const { agreement, textCount = 0 } = stats.challenger ?? {};
    return agreement === undefined || textCount === 0
      ? undefined
      : { atMs, boot, seq, value: agreement, weight: textCount };
  }
  return undefined;
}

function numberAt(value: unknown, path: readonly string[]): number | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === 'number' ? value : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return numberAt(new Map(Object.entries(value)).get(name), rest);
}

/** Orders messages of one device as it wrote them; later lives have later boots. */
export function byLife(a: Pick<Sample, 'boot' | 'seq'>, b: Pick<Sample, 'boot' | 'seq'>): number {
  if (a.boot === b.boot) return a.seq - b.seq;
  return a.boot < b.boot ? -1 : 1;
}
