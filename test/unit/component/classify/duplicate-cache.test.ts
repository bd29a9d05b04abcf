import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DuplicateCache, keyOf } from '../../../../component/classify/duplicate-cache.ts';

describe('the duplicate cache', () => {
  it('forgets the least recently used entry when it is full', () => {
    const cache = new DuplicateCache<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');

    cache.set('c', 3);

    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.size]).toEqual([1, undefined, 3, 2]);
  });

  it('keeps nothing with a limit of zero', () => {
    const cache = new DuplicateCache<number>(0);

    cache.set('a', 1);

    expect(cache.get('a')).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('gives equal keys to equal token ids only', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 20 });

    fc.assert(
      fc.property(ids, ids, (a, b) => {
        const equal = a.length === b.length && a.every((id, index) => id === b[index]);

        expect(keyOf(Int32Array.from(a)) === keyOf(Int32Array.from(b))).toBe(equal);
      }),
    );
  });

  it('makes a key of the longest text that a model takes', () => {
    const key = keyOf(new Int32Array(8192).fill(70_000));

    expect(key).toHaveLength(2 * 8192);
  });
});
