import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planBatches } from '../../../../component/classify/batch-plan.ts';

describe('planning batches', () => {
  it('puts texts of like length together', () => {
    const batches = planBatches([9, 2, 10, 3], 20);

    expect(batches).toEqual([
      [1, 3],
      [0, 2],
    ]);
  });

  it('makes no batch of no texts', () => {
    const batches = planBatches([], 20);

    expect(batches).toEqual([]);
  });

  it('holds every text once and stays within the padded tokens, but for a text that is longer alone', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 60 });

    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 512 }), (list, limit) => {
        const batches = planBatches(list, limit);

        expect(batches.flat().sort((a, b) => a - b)).toEqual([...list.keys()]);
        for (const batch of batches) {
          const width = Math.max(...batch.map((index) => list[index] ?? 0));
          expect(batch.length === 1 || batch.length * width <= limit).toBe(true);
        }
      }),
    );
  });
});
