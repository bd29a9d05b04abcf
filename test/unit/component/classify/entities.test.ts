import { describe, expect, it } from 'vitest';
import { mergeEntities } from '../../../../component/classify/entities.ts';

const LABELS = ['O', 'B-name', 'I-name', 'B-city', 'I-city'];

/** Logits that put each token on one label. */
function row(...labels: string[]): Float32Array {
  return Float32Array.from(labels.flatMap((label) => LABELS.map((known) => (known === label ? 10 : 0))));
}

/** Tokens of two characters, a blank between them. */
function offsets(count: number): Int32Array {
  return Int32Array.from(Array.from({ length: count }, (_, token) => [token * 3, token * 3 + 2]).flat());
}

describe('merging token labels into entities', () => {
  it('joins what follows a beginning into one entity', () => {
    const entities = mergeEntities(row('O', 'B-name', 'I-name', 'O'), offsets(4), LABELS, 1);

    expect(entities).toMatchObject([{ label: 'name', start: 3, end: 8 }]);
    expect(entities[0]?.score).toBeCloseTo(1 / (1 + 4 * Math.exp(-10)), 6);
  });

  it('parts two entities of a kind at a second beginning', () => {
    const entities = mergeEntities(row('B-name', 'B-name'), offsets(2), LABELS, 1);

    expect(entities.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [3, 5],
    ]);
  });

  it('starts an entity where a continuation has another kind', () => {
    const entities = mergeEntities(row('B-name', 'I-city'), offsets(2), LABELS, 1);

    expect(entities.map(({ label }) => label)).toEqual(['name', 'city']);
  });

  it('passes over special tokens, which stand nowhere in the text', () => {
    const places = Int32Array.of(0, 0, 0, 2, 0, 0);

    const entities = mergeEntities(row('B-city', 'B-name', 'B-city'), places, LABELS, 1);

    expect(entities).toMatchObject([{ label: 'name', start: 0, end: 2 }]);
  });

  it('merges neighbours of one label where labels have no prefix', () => {
    const logits = Float32Array.of(0, 9, 0, 9, 9, 0);

    const entities = mergeEntities(logits, offsets(3), ['O', 'city'], 1);

    expect(entities).toMatchObject([{ label: 'city', start: 0, end: 5 }]);
  });
});
