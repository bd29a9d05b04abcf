import type { JSX } from 'preact';
import { WINDOWS, type WindowName } from '../../wire/windows.ts';
import { milliseconds, rate } from '../state/format.ts';
import type { Store } from '../state/store.ts';
import { Chart } from './chart.tsx';

/** Texts per second and latencies of the fleet, step by step; the step that is under way is left out. */
export function TrafficCharts({ store, window }: { readonly store: Store; readonly window: WindowName }): JSX.Element {
  const { stepMs, steps } = WINDOWS[window];
  const points = store.traffic[window];
  const end = Math.floor(store.nowMs / stepMs) * stepMs;
  const times = Array.from({ length: steps - 1 }, (_, at) => end - (steps - 1 - at) * stepMs);
  const first = Math.min(...points.keys());
  const perSecond = (at: 1 | 2 | 3) =>
    times.map((time) => (time < first ? null : ((points.get(time)?.[at] ?? 0) * 1000) / stepMs));
  const latency = (at: 4 | 5 | 6) => times.map((time) => points.get(time)?.[at] || null);
  return (
    <>
      <Chart
        title="Texts per second"
        times={times}
        stepMs={stepMs}
        series={[
          { label: 'answered', values: perSecond(1) },
          { label: 'rejected', values: perSecond(3) },
          { label: 'failed', values: perSecond(2) },
        ]}
        format={rate}
      />
      <Chart
        title="Latency on the device"
        times={times}
        stepMs={stepMs}
        series={[
          { label: 'p50', values: latency(4) },
          { label: 'p90', values: latency(5) },
          { label: 'p99', values: latency(6) },
        ]}
        format={milliseconds}
      />
    </>
  );
}
