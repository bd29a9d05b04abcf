import { describe, expect, it } from 'vitest';
import { recordedJson, someTokenizers, tokenizerOf } from './small-tokenizers.ts';

const MAX_LENGTH = 64;
const HUGE = 10_000_000;
/** More than is looked at for so many tokens, and so little that the whole of it is a matter of milliseconds. */
const HEAD = 100_000;

const kinds: readonly [string, string][] = [
  ['words', 'the cat sat on the mat, '],
  ['one word without end', 'ab'],
  ['one letter', 'a'],
  ['blanks', ' '],
  ['line ends', '\r\n'],
  ['combining marks', '\u0301'],
  ['marks out of order', '\u0345\u0334\u0323'],
  ['unknown characters', '\u{10fffd}'],
  ['added tokens', '<mask>[MASK]'],
  ['joined emoji', '👩\u200d'],
  ['halves of characters', '\ud800'],
  ['punctuation', "'"],
];

/** One of each kind of model, with the stages that look furthest. */
const tokenizers = ['albert', 'bpe-affixes', 'byte-fallback', 'distilbert-cased', 'modernbert', 't5-bytes'];

describe.each(tokenizers)('a text of 10 MB (%s)', (name) => {
  const tokenizer = tokenizerOf(recordedJson(name));

  it.each(kinds)('gives the tokens of its head, and says that it is cut: %s', (_kind, unit) => {
    const whole = unit.repeat(HUGE / unit.length);
    const head = unit.repeat(HEAD / unit.length);

    const encoding = tokenizer.encode(whole, MAX_LENGTH);
    const placed = tokenizer.encodeWithOffsets(whole, MAX_LENGTH);

    expect(encoding.truncated).toBe(true);
    expect(encoding.ids).toEqual(tokenizer.encode(head, MAX_LENGTH).ids);
    expect(placed.ids).toEqual(encoding.ids);
    expect(Math.max(...placed.offsets)).toBeLessThanOrEqual(HEAD);
  });
});

describe('a text longer than what is looked at first', () => {
  it.each(someTokenizers)('is cut where the whole text would be: %s', (name) => {
    const tokenizer = tokenizerOf(recordedJson(name));
    const text = Array.from({ length: 6000 }, (_, index) => `wörd${index % 97} a\u0301${'x'.repeat(index % 5)}.`).join(
      ' ',
    );

    const cut = tokenizer.encode(text, MAX_LENGTH);

    const whole = tokenizer.encode(text, 1_000_000);
    const suffix = tokenizer.encode('', MAX_LENGTH).ids.length > 1 || name === 't5-bytes' ? 1 : 0;
    expect(whole.ids.length).toBeGreaterThan(6000);
    expect([...cut.ids].slice(0, MAX_LENGTH - suffix)).toEqual([...whole.ids].slice(0, MAX_LENGTH - suffix));
  });
});
