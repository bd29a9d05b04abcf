import type { AlignedText } from '../aligned-text.ts';
import { isLetter, isNumber } from '../unicode/character-classes.ts';
import { isWhitespace } from '../unicode/classes.ts';

const SPACE = 0x20;
const APOSTROPHE = 0x27;

const BLANK = 0;
const LETTER = 1;
const NUMBER = 2;
const OTHER = 3;

const asciiKinds = Uint8Array.from({ length: 128 }, (_, code) => slowKindOf(code));

/**
 * Words of a text as GPT-2 cuts them, the pattern
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` written by hand: no character is left out.
 */
export function gpt2Words(text: string): [number, number][] {
  const words: [number, number][] = [];
  for (let at = 0; at < text.length; ) {
    const end = gpt2WordEnd(text, at);
    words.push([at, end]);
    at = end;
  }
  return words;
}

function gpt2WordEnd(text: string, start: number): number {
  const code = text.charCodeAt(start);
  if (code === APOSTROPHE) {
    const length = contractionLength(text, start + 1);
    if (length > 0) return start + 1 + length;
  }
  const from = code === SPACE && start + 1 < text.length ? start + 1 : start;
  const kind = kindAt(text, from);
  if (kind !== BLANK) return runEnd(text, from, kind);
  const end = runEnd(text, start, BLANK);
  // The last blank before a word is left to the word, or stands alone where it is no space.
  return end === text.length || end === start + 1 ? end : end - 1;
}

function contractionLength(text: string, at: number): number {
  const two = text.slice(at, at + 2);
  if (two === 're' || two === 've' || two === 'll') return 2;
  const one = two.charAt(0);
  return one === 's' || one === 't' || one === 'm' || one === 'd' ? 1 : 0;
}

function runEnd(text: string, from: number, kind: number): number {
  let at = from;
  while (at < text.length && kindAt(text, at) === kind) at += (text.charCodeAt(at) & 0xfc00) === 0xd800 ? 2 : 1;
  return Math.min(at, text.length);
}

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (asciiKinds[code] ?? OTHER) : slowKindOf(text.codePointAt(at) ?? 0);
}

function slowKindOf(codePoint: number): number {
  if (isLetter(codePoint)) return LETTER;
  if (isNumber(codePoint)) return NUMBER;
  return isWhitespace(codePoint) ? BLANK : OTHER;
}

/** What is left of the `ByteLevel` pre-tokeniser once the bytes are the model's business. */
export function splitByteLevel(text: AlignedText, addPrefixSpace: boolean, useRegex: boolean): AlignedText[] {
  if (addPrefixSpace && !text.text.startsWith(' ')) text.prepend(' ');
  if (!useRegex) return [text];
  return gpt2Words(text.text).map(([start, end]) => text.slice(start, end));
}
