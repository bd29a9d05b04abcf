import type { Measurement } from '../machine/observation.ts';
import type { Gate } from '../plan/gate.ts';
import { byLife, type Counters, type Sample } from './samples.ts';

/** What happened between heartbeats, as samples: a life that ended takes its last counts with it. */
export function differences(metric: 'error-rate' | 'restarts', counters: readonly Counters[]): Sample[] {
  const ordered = counters.toSorted(byLife);
  if (metric === 'restarts') {
    const [first] = ordered;
    const last = ordered.at(-1);
    if (first === undefined || last === undefined) return [];
    const boots = new Set(ordered.map(({ boot }) => boot)).size - 1;
    const counted = last.restarts === undefined || first.restarts === undefined ? 0 : last.restarts - first.restarts;
    return [{ ...last, value: Math.max(0, boots, counted), weight: 1 }];
  }
  return ordered.slice(1).flatMap((now, index): Sample[] => {
    const before = ordered[index];
    if (before === undefined || before.boot !== now.boot) return [];
    const failed = now.failed - before.failed;
    const weight = now.answered - before.answered + failed;
    return weight > 0 && failed >= 0 ? [{ ...now, value: failed / weight, weight }] : [];
  });
}

/** One number of a fleet. Heartbeats' own numbers: each device's latest, put together as the gate says; all else by weight. */
export function combine(
  { metric, over }: Pick<Gate, 'metric' | 'over'>,
  perDevice: readonly (readonly Sample[])[],
): Measurement {
  const latestOf = (samples: readonly Sample[]): readonly Sample[] => samples.toSorted(byLife).slice(-1);
  if (metric.startsWith('health:')) {
    const latest = perDevice.flatMap(latestOf).map(({ value }) => value);
    const sample = latest.length;
    if (sample === 0) return { sample };
    if (over === 'max') return { value: Math.max(...latest), sample };
    if (over === 'min') return { value: Math.min(...latest), sample };
    return { value: latest.reduce((sum, value) => sum + value, 0) / sample, sample };
  }
  // Quantiles are over each device's last answers, so only the latest of each counts.
  const all = metric === 'latency-p90' ? perDevice.flatMap(latestOf) : perDevice.flat();
  const sample = all.reduce((sum, { weight }) => sum + weight, 0);
  if (sample === 0) return { sample };
  return { value: all.reduce((sum, { value, weight }) => sum + value * weight, 0) / sample, sample };
}
