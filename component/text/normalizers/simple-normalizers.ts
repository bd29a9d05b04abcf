import { type AlignedText, Changes } from '../aligned-text.ts';
import { isWhitespace } from '../unicode/classes.ts';
import { CodePointSet } from '../unicode/code-point-set.ts';
import { COMBINING_MARKS } from '../unicode/composition-tables.ts';
import { filterCharacters, isAscii, mapCharacters } from './normalizer.ts';

const combiningMarks = new CodePointSet(COMBINING_MARKS);
const droppedByNmt = new CodePointSet('1-8 b e-1f 7f 8f 9f');
const blankByNmt = new CodePointSet('9-a c-d 1680 200b-200f 2028-2029 2581 feff fffd');

/** `StripAccents`: drops every mark that stands by itself. */
export function stripAccents(text: AlignedText): void {
  if (!isAscii(text.text)) filterCharacters(text, (codePoint) => !combiningMarks.has(codePoint));
}

/** `Nmt`: control characters out, odd blanks made plain. */
export function normalizeNmt(text: AlignedText): void {
  filterCharacters(text, (codePoint) => !droppedByNmt.has(codePoint));
  mapCharacters(text, (character) => (blankByNmt.has(character.codePointAt(0) ?? 0) ? ' ' : character));
}

/** `Strip`: blanks off the ends. */
export function strip(text: AlignedText, left: boolean, right: boolean): void {
  const whole = text.text;
  let start = 0;
  while (left && start < whole.length && isWhitespace(whole.charCodeAt(start))) start++;
  let end = whole.length;
  while (right && end > start && isWhitespace(whole.charCodeAt(end - 1))) end--;
  if (start === 0 && end === whole.length) return;
  const changes = new Changes();
  for (const character of whole.slice(start, end)) changes.add(character, 0);
  text.apply(changes, start);
}
