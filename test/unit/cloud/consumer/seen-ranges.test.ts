import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RANGES, SeenRanges } from '../../../../cloud/consumer/seen-ranges.ts';

describe('seen ranges', () => {
  it('tell duplicates, gaps and late arrivals as a plain set of numbers would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(1, undefined),
        (numbers, expectedFrom) => {
          const ranges = new SeenRanges(expectedFrom);
          const seen = new Set<number>();
          const first = expectedFrom ?? numbers[0] ?? 0;
          for (const seq of numbers) {
            const newest = seen.size === 0 ? first - 1 : Math.max(...seen);

            const sighting = ranges.see(seq);

            if (seen.has(seq)) expect(sighting).toEqual({ kind: 'duplicate' });
            else if (seq === newest + 1) expect(sighting).toEqual({ kind: 'newest' });
            else if (seq > newest) {
              expect(sighting).toEqual({ kind: 'newest', gap: { fromSeq: newest + 1, toSeq: seq - 1 } });
            } else expect(sighting).toEqual({ kind: 'late', filled: seq >= first });
            seen.add(seq);
          }
        },
      ),
    );
  });

  it('forget the oldest first when losses are too many, and then rather repeat than lose', () => {
    const ranges = new SeenRanges(1);
    for (let seq = 2; seq <= 2 * MAX_RANGES + 2; seq += 2) ranges.see(seq);

    const forgotten = ranges.see(2);
    const remembered = ranges.see(2 * MAX_RANGES);
    const neverSeen = ranges.see(3);

    expect(forgotten).toEqual({ kind: 'late', filled: false });
    expect(remembered).toEqual({ kind: 'duplicate' });
    expect(neverSeen.kind).toBe('late');
  });

  it('hold the largest numbers of the contract', () => {
    const ranges = new SeenRanges(1);

    const sightings = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 1].map((seq) => ranges.see(seq));

    expect(sightings.map(({ kind }) => kind)).toEqual(['newest', 'duplicate', 'late']);
  });
});
