import { describe, expect, it } from 'vitest';
import { SequenceTracker } from '../../../../cloud/consumer/sequence-tracker.ts';

describe('the sequence tracker', () => {
  it('starts anywhere with a thing that it does not know', () => {
    const tracker = new SequenceTracker(10);

    const first = tracker.see('a', 'b1', 500);
    const before = tracker.see('a', 'b1', 499);

    expect(first).toEqual({ kind: 'newest' });
    expect(before).toEqual({ kind: 'late', filled: false });
  });

  it('expects a new life of a known thing to start with one', () => {
    const tracker = new SequenceTracker(10);
    tracker.see('a', 'b1', 500);

    const next = tracker.see('a', 'b2', 3);

    expect(next).toEqual({ kind: 'newest', gap: { fromSeq: 1, toSeq: 2 } });
  });

  it('expects nothing of an earlier life that it meets late', () => {
    const tracker = new SequenceTracker(10);
    tracker.see('a', 'b2', 1);

    const late = tracker.see('a', 'b1', 300);

    expect(late).toEqual({ kind: 'newest' });
  });

  it('keeps things and streams apart', () => {
    const tracker = new SequenceTracker(10);

    const sightings = ['t/result', 't/event', 'u/result', 't/result'].map((topic) => tracker.see(topic, 'b', 1).kind);

    expect(sightings).toEqual(['newest', 'newest', 'newest', 'duplicate']);
  });

  it('forgets the topic unheard of for longest', () => {
    const tracker = new SequenceTracker(2);
    for (const topic of ['a', 'b', 'a', 'c']) tracker.see(topic, 'boot', 1);

    const kinds = ['a', 'c', 'b'].map((topic) => tracker.see(topic, 'boot', 1).kind);

    expect(kinds).toEqual(['duplicate', 'duplicate', 'newest']);
  });

  it('forgets the life unheard of for longest', () => {
    const tracker = new SequenceTracker(2);
    for (const boot of ['1', '2', '3', '1', '4', '5']) tracker.see('a', boot, 7);

    const kinds = ['1', '3', '4', '5', '2'].map((boot) => tracker.see('a', boot, 7).kind);

    expect(kinds).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate', 'newest']);
  });
});
