import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanFrom, shareBelow } from '../../../../component/monitor/drift/deciles.ts';
import { Hysteresis } from '../../../../component/monitor/drift/hysteresis.ts';
import {
  mergeNeighbours,
  mergeRare,
  stabilityIndex,
} from '../../../../component/monitor/drift/population-stability.ts';
import { draw, makeRandom } from '../../../support/draw.ts';

const pair = fc
  .array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 2, maxLength: 200 })
  .filter((bins) => bins.some(([q]) => q > 0))
  .map((bins) => {
    const total = bins.reduce((sum, [q]) => sum + q, 0);
    return { baseline: bins.map(([q]) => q / total), counts: bins.map(([, p]) => p) };
  });
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('the population stability index', () => {
  it('is never negative, and 0 where counts stand as the samples do', () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: 1, max: 100_000 }), (bins, sampleCount) => {
        const same = bins.baseline.map((share) => share * sampleCount);

        const index = stabilityIndex(bins, sampleCount);
        const none = stabilityIndex({ ...bins, counts: same }, sampleCount);

        if (sum(bins.counts) > 0) expect(index?.value).toBeGreaterThanOrEqual(0);
        expect(none?.value).toBeCloseTo(0, 9);
      }),
    );
  });

  it('comes out at about `chance` where nothing but the draw differs', () => {
    const random = makeRandom(7);
    const truth = [0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05];
    const ratios: number[] = [];

    for (let round = 0; round < 2000; round++) {
      const baseline = draw(truth, 172, random).map((count) => count / 172);
      const index = stabilityIndex({ baseline, counts: draw(truth, 300, random) }, 172);
      ratios.push((index?.value ?? 0) / (index?.chance ?? 1));
    }

    const mean = sum(ratios) / ratios.length;
    expect(mean).toBeGreaterThan(0.9);
    expect(mean).toBeLessThan(1.1);
  });

  it('says nothing of one bin, no texts or no samples', () => {
    expect(stabilityIndex({ baseline: [1], counts: [5] }, 9)).toBeUndefined();
    expect(stabilityIndex({ baseline: [0.5, 0.5], counts: [0, 0] }, 9)).toBeUndefined();
    expect(stabilityIndex({ baseline: [0, 0], counts: [1, 1] }, 0)).toBeUndefined();
  });
});

describe.each([
  ['neighbours', mergeNeighbours],
  ['rare bins', mergeRare],
])('putting %s together', (_what, merge) => {
  it('loses nothing, and leaves every bin a twentieth of the baseline', () => {
    fc.assert(
      fc.property(pair, (bins) => {
        const merged = merge(bins, 1000);

        expect(sum(merged.counts)).toBe(sum(bins.counts));
        expect(sum(merged.baseline)).toBeCloseTo(1, 9);
        expect(Math.min(...merged.baseline)).toBeGreaterThan(0.0499);
        expect(merged.baseline.length).toBeLessThanOrEqual(20);
      }),
    );
  });
});

describe('bins', () => {
  it('stay in their order when neighbours join', () => {
    const merged = mergeNeighbours({ baseline: [0.01, 0.03, 0.06, 0.6, 0.29, 0.01], counts: [1, 2, 3, 4, 5, 6] }, 1000);

    expect(merged.counts).toEqual([6, 4, 11]);
  });

  it('join by how rare they are when they have no order', () => {
    const merged = mergeRare({ baseline: [0.02, 0.6, 0, 0.03, 0.35], counts: [1, 2, 3, 4, 5] }, 1000);

    expect(merged.counts).toEqual([2, 5, 8]);
  });
});

describe('bins of a small baseline', () => {
  it('hold five samples at least', () => {
    const bins = { baseline: [0.1, 0.15, 0.3, 0.05, 0.2, 0.2], counts: [1, 2, 3, 4, 5, 6] };

    const merged = mergeNeighbours(bins, 20);

    expect(merged.counts).toEqual([3, 3, 15]);
    expect(mergeNeighbours(bins, 3)).toMatchObject({ counts: [21] });
  });
});

describe('deciles', () => {
  it('tell shares and means as a fine sample of their quantile function does', () => {
    const thousandth = fc.nat(1000).map((value) => value / 1000);
    const tenths = fc.array(thousandth, { minLength: 11, maxLength: 11 });
    fc.assert(
      fc.property(tenths, thousandth, (values, at) => {
        const deciles = values.sort((a, b) => a - b);
        const sample = Array.from({ length: 10_000 }, (_, index) => {
          const place = ((index + 0.5) / 10_000) * 10;
          const low = deciles[Math.floor(place)] ?? 0;
          return low + (place % 1) * ((deciles[Math.floor(place) + 1] ?? 0) - low);
        });
        const above = sample.filter((value) => value >= at);

        expect(shareBelow(deciles, at)).toBeCloseTo(1 - above.length / sample.length, 3);
        const mean = meanFrom(deciles, at);
        if (above.length > 100) expect(mean).toBeCloseTo(sum(above) / above.length, 2);
        if (at > (deciles[10] ?? 1)) expect(mean).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });
});

describe('hysteresis', () => {
  const bounds = { begin: 0.25, end: 0.1, windows: 3 };

  it('begins after so many in a row at or above the bound, and ends after so many at or below the other', () => {
    const state = new Hysteresis(bounds);

    const said = [0.3, 0.3, 0.2, 0.25, 0.9, 0.3, 0.05, 0.1, 0.11, 0.1, 0, 0.1, 0].map((value) => state.update(value));

    expect(said.flatMap((word, index) => (word ? [[index, word]] : []))).toEqual([
      [5, 'began'],
      [11, 'ended'],
    ]);
  });

  it('says nothing more of a series that wavers between the bounds', () => {
    const between = fc.double({ min: 0.1000001, max: 0.2499999, noNaN: true });
    fc.assert(
      fc.property(fc.boolean(), fc.array(between, { maxLength: 200 }), (isOn, series) => {
        const state = new Hysteresis(bounds);
        if (isOn) for (let window = 0; window < 3; window++) state.update(1);

        const said = series.map((value) => state.update(value));

        expect(said.every((word) => word === undefined)).toBe(true);
        expect(state.isOn).toBe(isOn);
      }),
    );
  });

  it('alternates, with at least so many windows between two words, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 300 }), (series) => {
        const state = new Hysteresis(bounds);

        const said = series.flatMap((value, index) => {
          const word = state.update(value);
          return word ? [{ index, word }] : [];
        });

        for (const [position, { index, word }] of said.entries()) {
          expect(word).toBe(position % 2 === 0 ? 'began' : 'ended');
          expect(index - (said[position - 1]?.index ?? -1)).toBeGreaterThanOrEqual(3);
        }
      }),
    );
  });
});
