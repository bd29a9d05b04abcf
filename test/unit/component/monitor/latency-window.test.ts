import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyWindow } from '../../../../component/monitor/latency-window.ts';

describe('LatencyWindow', () => {
  it('says nothing while there is nothing', () => {
    expect(new LatencyWindow(4).summary()).toBeUndefined();
  });

  it('gives nearest-rank quantiles', () => {
    const window = new LatencyWindow(1000);
    for (let value = 100; value >= 1; value--) window.add(value);

    expect(window.summary()).toEqual({ count: 100, p50: 50, p90: 90, p99: 99 });
  });

  it('looks at the last values only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(1000), { minLength: 1 }), (size, values) => {
        const window = new LatencyWindow(size);
        for (const value of values) window.add(value);
        const last = values.slice(-size).sort((a, b) => a - b);

        const summary = window.summary();

        expect(summary?.count).toBe(last.length);
        expect(summary?.p99).toBe(last[Math.ceil(0.99 * last.length) - 1]);
      }),
    );
  });
});
