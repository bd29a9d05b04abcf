import { describe, expect, it } from 'vitest';
import { type Answered, evaluateAnswers } from '../../../../cloud/evaluate/metrics.ts';

function answered(truth: string, label: string, score: number): Answered {
  return { text: 'x', truth, label, score };
}

const five = [
  answered('a', 'a', 0.95),
  answered('a', 'a', 0.85),
  answered('b', 'a', 0.55),
  answered('b', 'b', 0.65),
  answered('c', 'b', 0.45),
];

describe('evaluating answers', () => {
  it('counts precision, recall and F1 of each label', () => {
    const { labels } = evaluateAnswers(five);

    expect(labels.map(({ label, support }) => [label, support])).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ]);
    expect(labels[0]?.precision).toBeCloseTo(2 / 3);
    expect(labels[0]?.recall).toBe(1);
    expect(labels[0]?.f1).toBeCloseTo(0.8);
    expect(labels[1]?.f1).toBeCloseTo(0.5);
    expect(labels[2]?.f1).toBe(0);
  });

  it('averages F1 over the labels, whatever their number of texts', () => {
    const { accuracy, macroF1 } = evaluateAnswers(five);

    expect(accuracy).toBeCloseTo(0.6);
    expect(macroF1).toBeCloseTo((0.8 + 0.5 + 0) / 3);
  });

  it('weighs each bin by its texts in the calibration error', () => {
    const { calibrationError } = evaluateAnswers(five);

    // Bins hold one text each: |1−.95| + |1−.85| + |0−.55| + |1−.65| + |0−.45|, over five.
    expect(calibrationError).toBeCloseTo((0.05 + 0.15 + 0.55 + 0.35 + 0.45) / 5);
  });

  it('lists confusions by their number', () => {
    const { confusions } = evaluateAnswers([...five, answered('c', 'b', 0.5)]);

    expect(confusions).toEqual([
      { truth: 'c', label: 'b', count: 2 },
      { truth: 'b', label: 'a', count: 1 },
    ]);
  });

  it('answers zeros for no texts at all', () => {
    expect(evaluateAnswers([])).toMatchObject({ count: 0, accuracy: 0, macroF1: 0, calibrationError: 0 });
  });
});
