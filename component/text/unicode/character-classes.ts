import { CodePointSet } from './code-point-set.ts';
import { LETTERS, NUMBERS, WORD_CHARACTERS } from './pattern-tables.ts';

const letters = new CodePointSet(LETTERS);
const numbers = new CodePointSet(NUMBERS);
const wordCharacters = new CodePointSet(WORD_CHARACTERS);

/** `\p{L}` of a pattern. */
export function isLetter(codePoint: number): boolean {
  if (codePoint < 0x80) return (codePoint | 0x20) >= 0x61 && (codePoint | 0x20) <= 0x7a;
  return letters.has(codePoint);
}

/** `\p{N}` of a pattern. */
export function isNumber(codePoint: number): boolean {
  if (codePoint < 0x80) return codePoint >= 0x30 && codePoint <= 0x39;
  return numbers.has(codePoint);
}

/** `\w` of a pattern. */
export function isWordCharacter(codePoint: number): boolean {
  return wordCharacters.has(codePoint);
}
