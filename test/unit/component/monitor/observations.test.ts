import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ErrorKinds } from '../../../../component/monitor/error-kinds.ts';
import { Throughput } from '../../../../component/monitor/throughput.ts';

describe('the throughput', () => {
  it('is what came in the last minute, by the second', () => {
    const events = fc.array(fc.nat(5000), { maxLength: 300 });
    fc.assert(
      fc.property(events, (gaps) => {
        let now = 12_345;
        const throughput = new Throughput(() => now);
        const times: number[] = [];
        for (const gap of gaps) {
          now += gap;
          throughput.add();
          times.push(now);
        }

        const perSecond = throughput.perSecond();

        const oldest = Math.floor(now / 1000) - 59;
        const recent = times.filter((time) => Math.floor(time / 1000) >= oldest).length;
        const seconds = Math.min(60, Math.max(1, (now - 12_345) / 1000));
        expect(perSecond).toBeCloseTo(recent / seconds, 9);
      }),
    );
  });

  it('is nothing after a quiet minute', () => {
    let now = 0;
    const throughput = new Throughput(() => now);
    throughput.add();

    now = 61_000;

    expect(throughput.perSecond()).toBe(0);
  });
});

describe('error kinds', () => {
  it('are counted by code, the most frequent first, and gathered beyond a bound', () => {
    const kinds = new ErrorKinds();

    for (let code = 0; code < 100; code++) kinds.add(`CODE_${code}`);
    kinds.add('CODE_5');

    const counts = kinds.counts();
    expect(counts).toHaveLength(25);
    expect(counts.slice(0, 2)).toEqual([
      { code: 'OTHER', count: 76 },
      { code: 'CODE_5', count: 2 },
    ]);
  });
});
