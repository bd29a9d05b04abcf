import { isDroppedByClean, isIdeograph, isNonspacingMark, isWhitespace } from '../unicode/classes.ts';

/** `normalizer` of a BERT tokenizer.json. */
export interface BertNormalizerOptions {
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/** A text after normalisation, with where each UTF-16 unit of it came from. */
export interface NormalizedText {
  readonly text: string;
  /** Unit i of `text` came from units `starts[i]` up to `ends[i]` of the source. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

const nonAscii = /[\u0080-\uffff]/;
/** A base with the marks behind it: decomposition reorders inside such a cluster only. */
const cluster = /\P{M}\p{M}*|\p{M}+/gu;

/** Normalises a text; the reference's `BertNormalizer`, character for character. */
export function normalizeBert(text: string, options: BertNormalizerOptions): string {
  let found = options.cleanText || options.handleChineseChars ? cleaned(text, options) : text;
  if (options.stripAccents && nonAscii.test(found)) found = withoutMarks(found.normalize('NFD'));
  return options.lowercase ? lowered(found) : found;
}

/** The same, keeping account of where everything came from; several times slower. */
export function normalizeBertWithOffsets(text: string, options: BertNormalizerOptions): NormalizedText {
  const parts: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const emit = (part: string, start: number, end: number): void => {
    parts.push(part);
    for (let unit = 0; unit < part.length; unit++) {
      starts.push(start);
      ends.push(end);
    }
  };
  for (const { 0: marks, index } of text.matchAll(cluster)) {
    const whole = normalizeBert(marks, options);
    const pieces: { part: string; start: number; end: number }[] = [];
    let at = index;
    for (const character of marks) {
      pieces.push({ part: normalizeBert(character, options), start: at, end: at + character.length });
      at += character.length;
    }
    // Where marks changed places, the cluster as a whole is the finest that can be said.
    if (pieces.map(({ part }) => part).join('') === whole)
      for (const { part, start, end } of pieces) emit(part, start, end);
    else emit(whole, index, index + marks.length);
  }
  return { text: parts.join(''), starts, ends };
}

function cleaned(text: string, { cleanText, handleChineseChars }: BertNormalizerOptions): string {
  let out = '';
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (cleanText && isDroppedByClean(codePoint)) continue;
    if (cleanText && isWhitespace(codePoint)) out += ' ';
    else if (handleChineseChars && isIdeograph(codePoint)) out += ` ${character} `;
    else out += character;
  }
  return out;
}

function withoutMarks(text: string): string {
  let out = '';
  for (const character of text) if (!isNonspacingMark(character.codePointAt(0) ?? 0)) out += character;
  return out;
}

/** Lower case character by character: JavaScript alone writes a final sigma differently. */
function lowered(text: string): string {
  if (!text.includes('Σ')) return text.toLowerCase();
  return Array.from(text, (character) => character.toLowerCase()).join('');
}
