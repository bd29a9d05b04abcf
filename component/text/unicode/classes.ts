import { CodePointSet } from './code-point-set.ts';
import { NONSPACING_MARKS, PUNCTUATION } from './reference-tables.ts';

const marks = new CodePointSet(NONSPACING_MARKS);
const punctuation = new CodePointSet(PUNCTUATION);
const controlOrFormat = /^[\p{Cc}\p{Cf}\p{Co}]$/u;
/** Format characters that Unicode added after the reference's tables; it keeps them. */
const keptFormat = new CodePointSet('890-891 8e2 110cd 13430-1343f');

/** Rust's `char::is_whitespace`. */
export function isWhitespace(codePoint: number): boolean {
  return (
    codePoint === 0x20 ||
    (codePoint >= 9 && codePoint <= 13) ||
    codePoint === 0x85 ||
    codePoint === 0xa0 ||
    codePoint === 0x1680 ||
    (codePoint >= 0x2000 && codePoint <= 0x200a) ||
    codePoint === 0x2028 ||
    codePoint === 0x2029 ||
    codePoint === 0x202f ||
    codePoint === 0x205f ||
    codePoint === 0x3000
  );
}

/** What BERT's `clean_text` drops: NUL, U+FFFD, control, format and private-use characters other than tab and line ends. */
export function isDroppedByClean(codePoint: number): boolean {
  if (codePoint === 9 || codePoint === 10 || codePoint === 13) return false;
  if (codePoint < 0x80) return codePoint < 0x20 || codePoint === 0x7f;
  if (codePoint === 0xfffd) return true;
  return controlOrFormat.test(String.fromCodePoint(codePoint)) && !keptFormat.has(codePoint);
}

/** Characters that BERT sets apart as words of their own: CJK ideographs. */
export function isIdeograph(codePoint: number): boolean {
  return (
    (codePoint >= 0x3400 && codePoint <= 0x4dbf) ||
    (codePoint >= 0x4e00 && codePoint <= 0x9fff) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff) ||
    (codePoint >= 0x20000 && codePoint <= 0x2a6df) ||
    (codePoint >= 0x2a700 && codePoint <= 0x2b73f) ||
    (codePoint >= 0x2b740 && codePoint <= 0x2b81f) ||
    (codePoint >= 0x2b920 && codePoint <= 0x2ceaf) ||
    (codePoint >= 0x2f800 && codePoint <= 0x2fa1f)
  );
}

/** A mark that `strip_accents` removes. */
export function isNonspacingMark(codePoint: number): boolean {
  return codePoint >= 0x300 && marks.has(codePoint);
}

/** What the BERT pre-tokeniser sets apart. */
export function isPunctuation(codePoint: number): boolean {
  return punctuation.has(codePoint);
}
