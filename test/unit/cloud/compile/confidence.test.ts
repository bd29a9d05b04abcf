import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitRejection, fitTemperature, type LabelledLogits } from '../../../../cloud/compile/quantise/confidence.ts';

/** Logits of a text whose best label has a probability of `best` among three, the other two sharing the rest. */
function sure(best: number, label: number, truth: number): LabelledLogits {
  const logits = new Float32Array(3).fill(Math.log((1 - best) / 2));
  logits[label] = Math.log(best);
  return { logits, truth };
}

describe('fitting a temperature', () => {
  it('finds 1 where confidence equals accuracy', () => {
    const labelled = Array.from({ length: 100 }, (_, index) => sure(0.8, 0, index < 80 ? 0 : index < 90 ? 1 : 2));

    expect(fitTemperature(labelled)?.temperature).toBeCloseTo(1, 2);
  });

  it('undoes a scale that was put on calibrated logits', () => {
    const labelled = Array.from({ length: 100 }, (_, index) => {
      const { logits, truth } = sure(0.8, 0, index < 80 ? 0 : index < 90 ? 1 : 2);
      return { logits: logits.map((value) => value * 2.5), truth };
    });

    const fit = fitTemperature(labelled);

    expect(fit?.temperature).toBeCloseTo(2.5, 1);
    expect(fit?.errorAfter).toBeLessThan(0.01);
    expect(fit?.errorBefore).toBeGreaterThan(0.1);
  });

  it('fits nothing on a handful of texts', () => {
    expect(fitTemperature([sure(0.9, 0, 0)])).toBeUndefined();
  });
});

describe('fitting a rejection threshold', () => {
  const labels = ['yes', 'no', 'oos'];

  it('parts confident answers in scope from doubtful ones out of scope', () => {
    const labelled = [
      ...Array.from({ length: 50 }, () => sure(0.9, 0, 0)),
      ...Array.from({ length: 20 }, () => sure(0.5, 1, 2)),
    ];

    const fit = fitRejection(labelled, labels, 'oos', 1);

    expect(fit?.threshold).toBeCloseTo(0.7, 3);
    expect(fit).toMatchObject({
      recallBefore: 0,
      recallAfter: 1,
      inScopeAccuracyBefore: 1,
      inScopeAccuracyAfter: 1,
      accuracyAfter: 1,
    });
  });

  it('fits none where rejecting would cost more than it gains', () => {
    const labelled = [...Array.from({ length: 50 }, () => sure(0.5, 0, 0)), sure(0.9, 1, 2)];

    expect(fitRejection(labelled, labels, 'oos', 1)).toBeUndefined();
  });

  it('is never less accurate on the samples than no threshold, and no other threshold is better', () => {
    const text = fc.record({ best: fc.integer({ min: 40, max: 99 }), label: fc.nat(2), truth: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 60 }), (texts) => {
        const labelled = texts.map(({ best, label, truth }) => sure(best / 100, label, truth));
        const accuracyAt = (threshold: number): number =>
          texts.filter(({ best, label, truth }) => (best / 100 < threshold ? 2 : label) === truth).length /
          texts.length;
        const best = Math.max(
          ...Array.from({ length: 70 }, (_, index) => accuracyAt((index + 35) / 100 + 0.005)),
          accuracyAt(0),
        );

        const fit = fitRejection(labelled, labels, 'oos', 1);

        const reached = fit ? fit.accuracyAfter : accuracyAt(0);
        const hasOutOfScope = texts.some(({ truth }) => truth === 2);
        // Rejecting everything, even the most confident text, is no threshold that anyone wants: it is not considered.
        const limit = Math.max(...texts.map((entry) => entry.best)) / 100;
        const bestBelow = Math.max(
          accuracyAt(0),
          ...texts
            .map((entry) => entry.best / 100 + 0.005)
            .filter((at) => at < limit)
            .map(accuracyAt),
        );
        if (hasOutOfScope) expect(reached).toBeCloseTo(bestBelow, 5);
        expect(reached).toBeLessThanOrEqual(best + 1e-6);
      }),
    );
  });
});
