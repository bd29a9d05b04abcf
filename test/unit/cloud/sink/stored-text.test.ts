import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originalText, storedJson, storedText } from '../../../../cloud/sink/rows/stored-text.ts';
import { LIMITS_OF_TEXT } from '../../../support/sink-rows.ts';

const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0xd800, 0xdc00, 0xfdd0, 0x30)))
  .map((units) => String.fromCharCode(...units));

describe('a stored text', () => {
  it('leads back to what its sender wrote, whatever its units', () => {
    fc.assert(fc.property(anyUnits, (text) => originalText(storedText(text)) === text));
  });

  it.each(LIMITS_OF_TEXT)('of %j leads back too', (text) => {
    const back = originalText(storedText(text));

    expect(back).toBe(text);
  });

  it('holds neither NUL nor half a pair', () => {
    fc.assert(fc.property(anyUnits, (text) => !/[\0\p{Surrogate}]/u.test(storedText(text))));
  });

  it('is the text itself where every database takes it', () => {
    const text = 'ordinary, \ud83d\ude00, Ünïcode \\ and "quotes"';

    expect(storedText(text)).toBe(text);
  });

  it('is a text within JSON as well, in values and in names', () => {
    const stored = storedJson({ 'a\0': ['\ud800', { deep: '\ufdd0' }, 1, null] });

    expect(stored).not.toMatch(/\\u/);
    expect(JSON.parse(stored)).toEqual({ 'a\ufdd00000': ['\ufdd0d800', { deep: '\ufdd0fdd0' }, 1, null] });
  });
});
