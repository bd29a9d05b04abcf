import { describe, expect, it } from 'vitest';
import { growthOf, inFifths, type Sample, trendOf } from '../../../scripts/soak/samples.ts';
import { makeRandom } from '../../support/draw.ts';

/** Ten minutes of samples, 20 MiB of noise on what the test says of each moment, from 0 to 1. */
function samples(rssMiB: (moment: number) => number, descriptors: (moment: number) => number = () => 32): Sample[] {
  const random = makeRandom(5);
  return Array.from({ length: 1200 }, (_, index) => {
    const moment = index / 1200;
    const rss = rssMiB(moment) + (random() - 0.5) * 20;
    return { rssMiB: rss, descriptors: descriptors(moment), threads: 12, results: index };
  });
}

const verdict = (given: Sample[]): string[] => growthOf(inFifths(given), trendOf(given));

describe('the verdict of a soak', () => {
  it('lets a process pass that has warmed up and stays (fact N4)', () => {
    const given = samples((moment) => 200 + 40 * Math.min(1, moment * 6));

    const faults = verdict(given);

    expect(faults).toEqual([]);
  });

  it('finds a leak of 24 MiB in ten minutes, from the second fifth on and in the second half', () => {
    const given = samples((moment) => 200 + 24 * moment);

    const faults = verdict(given);

    expect(faults).toEqual([
      expect.stringMatching(/^RSS rose by \d+\.\d MiB$/),
      expect.stringMatching(/^RSS rises over the second half, by \d+\.\d ± \d\.\d MiB$/),
    ]);
  });

  it('finds a leak of 12 MiB in the noise of 20, which the medians of fifths let pass', () => {
    const given = samples((moment) => 200 + 12 * moment);

    const faults = verdict(given);

    expect(faults).toEqual([expect.stringMatching(/^RSS rises over the second half/)]);
  });

  it('finds descriptors that leak', () => {
    const given = samples(
      () => 200,
      (moment) => 32 + Math.floor(moment * 10),
    );

    const faults = verdict(given);

    expect(faults).toEqual(['descriptors rose from 34 to 40']);
  });

  it('takes a swap that is under way for no leak, however long it takes', () => {
    const given = samples(
      () => 200,
      (moment) => (moment > 0.8 && Math.floor(moment * 1000) % 5 > 0 ? 37 : 32),
    );

    const faults = verdict(given);

    expect(faults).toEqual([]);
  });

  it('says how far a rise is to be believed: the line of a process that stays holds zero', () => {
    const { riseMiB, doubtMiB } = trendOf(samples(() => 200));

    expect(Math.abs(riseMiB)).toBeLessThan(doubtMiB);
  });
});
