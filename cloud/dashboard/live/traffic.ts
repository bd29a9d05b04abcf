import type { TrafficPoint } from '../wire/frame.ts';
import { WINDOW_NAMES, WINDOWS, type WindowName } from '../wire/windows.ts';
import { LATENCY_BINS, latencyBin, percentile } from './histogram.ts';
import { Ring } from './ring.ts';

interface Bucket {
  answered: number;
  failed: number;
  rejected: number;
  readonly latency: Uint32Array;
}

function makeBucket(): Bucket {
  return { answered: 0, failed: 0, rejected: 0, latency: new Uint32Array(LATENCY_BINS) };
}

/** What a moment's results add to the charts. */
export interface TrafficCount {
  readonly atMs: number;
  readonly answered: number;
  readonly failed: number;
  readonly rejected: number;
  /** Latency in milliseconds and how many texts had it. */
  readonly latencies: readonly (readonly [number, number])[];
}

/** Texts and latencies of the whole fleet over time, in three windows. */
export class Traffic {
  readonly #rings: Readonly<Record<WindowName, Ring<Bucket>>> = {
    '15m': new Ring(WINDOWS['15m'].stepMs, WINDOWS['15m'].steps, makeBucket),
    '6h': new Ring(WINDOWS['6h'].stepMs, WINDOWS['6h'].steps, makeBucket),
    '7d': new Ring(WINDOWS['7d'].stepMs, WINDOWS['7d'].steps, makeBucket),
  };

  add(count: TrafficCount, nowMs: number, revision: number, windows: readonly WindowName[] = WINDOW_NAMES): void {
    for (const name of windows) {
      const bucket = this.#rings[name].at(count.atMs, nowMs, revision);
      if (bucket === undefined) continue;
      bucket.answered += count.answered;
      bucket.failed += count.failed;
      bucket.rejected += count.rejected;
      for (const [ms, times] of count.latencies) {
        const bin = latencyBin(ms);
        bucket.latency[bin] = (bucket.latency[bin] ?? 0) + times;
      }
    }
  }

  changedSince(revision: number, nowMs: number): Record<WindowName, TrafficPoint[]> {
    const points = (name: WindowName): TrafficPoint[] =>
      this.#rings[name].changedSince(revision, nowMs).map(([start, bucket]) => pointOf(start, bucket));
    return { '15m': points('15m'), '6h': points('6h'), '7d': points('7d') };
  }
}

function pointOf(start: number, { answered, failed, rejected, latency }: Bucket): TrafficPoint {
  const at = (share: number): number => percentile(latency, share);
  return [start, answered, failed, rejected, at(0.5), at(0.9), at(0.99)];
}
