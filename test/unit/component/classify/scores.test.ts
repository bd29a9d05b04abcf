import { describe, expect, it } from 'vitest';
import type { AnswerRules } from '../../../../component/classify/classification.ts';
import { largest, scoreRow, softmax } from '../../../../component/classify/scores.ts';

const SINGLE: AnswerRules = {
  task: 'text-classification',
  problemType: 'single_label_classification',
  labels: ['a', 'b', 'c'],
  temperature: 1,
  rejection: undefined,
};
/** Softmax of these is 1/10, 7/10, 2/10. */
const LOGITS = Float32Array.of(Math.log(1), Math.log(7), Math.log(2));

describe('scores of one row', () => {
  it('gives the best label with its probability, and the next best', () => {
    const scored = scoreRow(LOGITS, SINGLE, 1);

    expect(scored).toMatchObject({ label: 'b', labelIndex: 1, runnersUp: [{ label: 'c' }] });
    expect(scored.score).toBeCloseTo(0.7, 6);
    expect(scored.runnersUp[0]?.score).toBeCloseTo(0.2, 6);
  });

  it('gives no runners-up where none are asked for, and all there are where more are', () => {
    const none = scoreRow(LOGITS, SINGLE, 0);
    const many = scoreRow(LOGITS, SINGLE, 20);

    expect(none.runnersUp).toEqual([]);
    expect(many.runnersUp.map(({ label }) => label)).toEqual(['c', 'a']);
  });

  it('divides logits by the temperature', () => {
    const { score } = scoreRow(LOGITS, { ...SINGLE, temperature: 0.5 }, 0);

    expect(score).toBeCloseTo(49 / (1 + 49 + 4), 6);
  });

  it('rejects below the threshold, keeps the best guess beside, and ranks it first of the runners-up', () => {
    const scored = scoreRow(LOGITS, { ...SINGLE, rejection: { label: 'c', threshold: 0.71 } }, 2);

    expect(scored).toMatchObject({ label: 'c', labelIndex: 2, rejected: { bestLabel: 'b' } });
    expect(scored.score).toBeCloseTo(0.2, 6);
    expect(scored.runnersUp.map(({ label }) => label)).toEqual(['b', 'a']);
  });

  it('answers at the threshold', () => {
    const threshold = softmax(LOGITS, 1)[1] ?? 0;

    const scored = scoreRow(LOGITS, { ...SINGLE, rejection: { label: 'c', threshold } }, 0);

    expect(scored.label).toBe('b');
    expect(scored.rejected).toBeUndefined();
  });

  it('lists every label of a half or more on multi-label models, the best first', () => {
    const rules = { ...SINGLE, problemType: 'multi_label_classification' } as const;

    const scored = scoreRow(Float32Array.of(0, -1, 3), rules, 1);

    expect(scored.label).toBe('c');
    expect(scored.labels?.map(({ label }) => label)).toEqual(['c', 'a']);
    expect(scored.labels?.[1]?.score).toBe(0.5);
    expect(scored.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
  });

  it('lists no label on a multi-label model where all are below a half', () => {
    const rules = { ...SINGLE, problemType: 'multi_label_classification' } as const;

    const scored = scoreRow(Float32Array.of(-2, -1, -3), rules, 0);

    expect(scored).toMatchObject({ label: 'b', labels: [] });
  });

  it('gives the plain value on regression', () => {
    const rules = { ...SINGLE, problemType: 'regression', labels: ['stars'] } as const;

    const scored = scoreRow(Float32Array.of(3.5), rules, 2);

    expect(scored).toEqual({ label: 'stars', labelIndex: 0, score: 3.5, runnersUp: [] });
  });

  it('keeps softmax finite on logits that would overflow', () => {
    const scores = softmax(Float32Array.of(1000, 999, -1000), 1);

    expect(scores[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(scores[2]).toBe(0);
  });

  it('ranks the first of equals first', () => {
    const order = largest(Float32Array.of(1, 3, 3, 2), 3);

    expect(order).toEqual([1, 2, 3]);
  });
});
