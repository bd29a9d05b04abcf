import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedJson, someTokenizers, tokenizerOf } from './small-tokenizers.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom('e', '\u0301', '\u0345', '\u0334', ' ', '<mask>', '[MASK]', '\ud800', 'é', '中', "'s", '▁', 'ab'),
      {
        maxLength: 40,
      },
    )
    .map((parts) => parts.join('')),
);

describe.each(someTokenizers)('any text (%s)', (name) => {
  const tokenizer = tokenizerOf(recordedJson(name));
  const frame = tokenizer.encode('', 100).ids.length;

  it('gives ids of the vocabulary, the same with offsets as without', () => {
    fc.assert(
      fc.property(text, (sample) => {
        const { ids, unknownCount } = tokenizer.encode(sample, 1000);

        expect([...ids].every((id) => id >= 0 && id < tokenizer.vocabularySize)).toBe(true);
        expect(unknownCount).toBeLessThanOrEqual(ids.length);
        expect(tokenizer.encodeWithOffsets(sample, 1000).ids).toEqual(ids);
        expect(tokenizer.encode(sample, 1000).ids).toEqual(ids);
      }),
    );
  });

  it('is cut to the length, its first tokens unchanged', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: frame, max: 30 }), (sample, maxLength) => {
        const whole = tokenizer.encode(sample, 1000);

        const cut = tokenizer.encode(sample, maxLength);

        const kept = Math.min(whole.ids.length, maxLength);
        expect(cut.ids.length).toBe(kept);
        expect(cut.truncated).toBe(whole.ids.length > maxLength);
        expect(cut.ids.slice(0, kept - frame)).toEqual(whole.ids.slice(0, kept - frame));
      }),
    );
  });

  it('has offsets inside the text, each start before its end', () => {
    fc.assert(
      fc.property(text, (sample) => {
        const { offsets } = tokenizer.encodeWithOffsets(sample, 1000);

        for (let index = 0; index < offsets.length; index += 2) {
          const [start = -1, end = -1] = offsets.slice(index, index + 2);
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(sample.length);
        }
      }),
    );
  });
});
