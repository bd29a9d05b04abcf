import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stabilityIndex } from '../../../component/monitor/drift/population-stability.ts';

interface Recorded {
  readonly baselineCounts: number[];
  readonly counts: number[];
  readonly value: number;
  readonly chance: number;
}

const recorded: Recorded[] = JSON.parse(readFileSync(new URL('psi.json', import.meta.url), 'utf8'));

describe('the population stability index', () => {
  it.each(recorded)('agrees with the reference on $counts against $baselineCounts', (reference) => {
    const sampleCount = reference.baselineCounts.reduce((sum, count) => sum + count, 0);
    const baseline = reference.baselineCounts.map((count) => count / sampleCount);

    const index = stabilityIndex({ baseline, counts: reference.counts }, sampleCount);

    expect(index?.value).toBeCloseTo(reference.value, 9);
    expect(index?.chance).toBeCloseTo(reference.chance, 9);
  });
});
