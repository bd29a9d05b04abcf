import type { AlignedText } from '../aligned-text.ts';
import { isWordCharacter } from '../unicode/character-classes.ts';
import { isPunctuation, isWhitespace } from '../unicode/classes.ts';

const BLANK = 0;
const WORD = 1;
const OTHER = 2;

/** `WhitespaceSplit`: what stands between blanks. */
export function splitAtBlanks(text: AlignedText): AlignedText[] {
  return runs(text, (codePoint) => (isWhitespace(codePoint) ? BLANK : WORD));
}

/** `Whitespace`: rows of word characters, and rows of anything else that is no blank. */
export function splitWordsAndSigns(text: AlignedText): AlignedText[] {
  return runs(text, (codePoint) => (isWordCharacter(codePoint) ? WORD : isWhitespace(codePoint) ? BLANK : OTHER));
}

/** `BertPreTokenizer`: what stands between blanks, with every punctuation character apart. */
export function splitBert(text: AlignedText): AlignedText[] {
  const words: AlignedText[] = [];
  for (const [start, end] of bertWords(text.text, 0, text.text.length)) words.push(text.slice(start, end));
  return words;
}

/** Words of a text between two places: blanks part them, punctuation stands alone. */
export function* bertWords(text: string, from: number, to: number): Generator<readonly [number, number]> {
  let wordStart = -1;
  let at = from;
  while (at < to) {
    const codePoint = text.codePointAt(at) ?? 0;
    const next = at + (codePoint > 0xffff ? 2 : 1);
    const blank = isWhitespace(codePoint);
    if (blank || isPunctuation(codePoint)) {
      if (wordStart >= 0) yield [wordStart, at];
      wordStart = -1;
      if (!blank) yield [at, next];
    } else if (wordStart < 0) {
      wordStart = at;
    }
    at = next;
  }
  if (wordStart >= 0) yield [wordStart, to];
}

/** Every punctuation character. */
export function punctuationMatches(text: string): [number, number][] {
  const matches: [number, number][] = [];
  for (let at = 0; at < text.length; ) {
    const codePoint = text.codePointAt(at) ?? 0;
    const next = at + (codePoint > 0xffff ? 2 : 1);
    if (isPunctuation(codePoint)) matches.push([at, next]);
    at = next;
  }
  return matches;
}

function runs(text: AlignedText, kindOf: (codePoint: number) => number): AlignedText[] {
  const whole = text.text;
  const words: AlignedText[] = [];
  let start = 0;
  let kind = BLANK;
  for (let at = 0; at <= whole.length; ) {
    const codePoint = whole.codePointAt(at);
    const next = codePoint === undefined ? BLANK : kindOf(codePoint);
    if (next !== kind) {
      if (kind !== BLANK) words.push(text.slice(start, at));
      start = at;
      kind = next;
    }
    at += codePoint !== undefined && codePoint > 0xffff ? 2 : 1;
  }
  return words;
}
