import { CodePointSet } from './code-point-set.ts';
import { CONTROLS, JOINS_LEFT, PREPENDS } from './grapheme-tables.ts';

const joinsLeft = new CodePointSet(JOINS_LEFT);
const prepends = new CodePointSet(PREPENDS);
const controls = new CodePointSet(CONTROLS);
const pictographic = /\p{Extended_Pictographic}/u;

const ZERO_WIDTH_JOINER = 0x200d;
/** Below it nothing joins its left neighbour, but for the line feed of CR LF. */
const FIRST_JOINING = 0x300;

/**
 * Where the grapheme cluster that starts at `from` ends. Exact for every cluster of fewer than six UTF-8 bytes, which is
 * all that `Precompiled` asks: flags, and conjuncts of Indic scripts, are longer and are told apart no further.
 */
export function graphemeEnd(text: string, from: number): number {
  let current = text.codePointAt(from) ?? 0;
  let at = from + (current > 0xffff ? 2 : 1);
  let pictographicSoFar = isPictographic(current);
  while (at < text.length) {
    const next = text.codePointAt(at) ?? 0;
    if (!joins(current, next, pictographicSoFar)) return at;
    at += next > 0xffff ? 2 : 1;
    if (!joinsLeft.has(next)) pictographicSoFar = isPictographic(next);
    current = next;
  }
  return at;
}

function joins(left: number, right: number, pictographicSoFar: boolean): boolean {
  if (left === 0x0d) return right === 0x0a;
  if (isControl(left) || isControl(right)) return false;
  if (right >= FIRST_JOINING && joinsLeft.has(right)) return true;
  if (left >= FIRST_JOINING && prepends.has(left)) return true;
  if (left === ZERO_WIDTH_JOINER && pictographicSoFar && isPictographic(right)) return true;
  return joinsHangul(left, right);
}

function isControl(codePoint: number): boolean {
  return codePoint < 0x20 || (codePoint >= 0x7f && controls.has(codePoint)) || codePoint === 0x7f;
}

function isPictographic(codePoint: number): boolean {
  return codePoint >= 0xa9 && pictographic.test(String.fromCodePoint(codePoint));
}

function joinsHangul(left: number, right: number): boolean {
  if (right < 0x1100) return false;
  const syllable = right >= 0xac00 && right <= 0xd7a3;
  const leading = (right >= 0x1100 && right <= 0x115f) || (right >= 0xa960 && right <= 0xa97c);
  const vowel = (right >= 0x1160 && right <= 0x11a7) || (right >= 0xd7b0 && right <= 0xd7c6);
  const trailing = (right >= 0x11a8 && right <= 0x11ff) || (right >= 0xd7cb && right <= 0xd7fb);
  if ((left >= 0x1100 && left <= 0x115f) || (left >= 0xa960 && left <= 0xa97c)) return leading || vowel || syllable;
  const leftSyllable = left >= 0xac00 && left <= 0xd7a3;
  const open = leftSyllable && (left - 0xac00) % 28 === 0;
  if (open || (left >= 0x1160 && left <= 0x11a7) || (left >= 0xd7b0 && left <= 0xd7c6)) return vowel || trailing;
  if (leftSyllable || (left >= 0x11a8 && left <= 0x11ff) || (left >= 0xd7cb && left <= 0xd7fb)) return trailing;
  return false;
}
