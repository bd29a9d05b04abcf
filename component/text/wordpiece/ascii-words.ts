import type { BertNormalizerOptions } from '../normalizers/bert-normalizer.ts';
import type { Shortcut } from '../text-tokenizer.ts';
import { isPunctuation, isWhitespace } from '../unicode/classes.ts';
import { WordCache } from '../word-model.ts';
import type { WordPiece } from './wordpiece.ts';

/** What the quick way does at a character. */
const STOP = 0;
const BLANK = 1;
const PUNCTUATION = 2;
const LETTER = 3;

/**
 * BERT's way through plain ASCII (R7): words straight to the model, nothing normalised first. It stops at the start of the
 * first word that holds, or touches, anything else: a dropped character joins its neighbours, a mark changes the one before.
 */
export function asciiWords(model: WordPiece, normalizer: BertNormalizerOptions): Shortcut {
  const kinds = Uint8Array.from({ length: 128 }, (_, code) => kindOf(code, normalizer.cleanText));
  // Keyed by the words as they stand: a word in lower case is a new text each time, and slow to find.
  const words = new WordCache();
  return (text, ids, limit) => {
    let wordStart = -1;
    for (let at = 0; at <= text.length; at++) {
      const code = at < text.length ? text.charCodeAt(at) : 0x20;
      const kind = code < 128 ? kinds[code] : STOP;
      if (kind === LETTER) {
        if (wordStart < 0) wordStart = at;
        continue;
      }
      if (kind === STOP) return wordStart < 0 ? at : wordStart;
      if (wordStart >= 0) {
        const word = text.slice(wordStart, at);
        let pieces = words.get(word);
        if (pieces === undefined) {
          pieces = model.pieces(normalizer.lowercase ? word.toLowerCase() : word);
          words.set(word, pieces);
        }
        for (const id of pieces.ids) ids.push(id);
        wordStart = -1;
      }
      if (kind === PUNCTUATION) for (const id of model.pieces(text.charAt(at)).ids) ids.push(id);
      if (ids.length > limit) return at;
    }
    return text.length;
  };
}

function kindOf(code: number, cleanText: boolean): number {
  if (code === 9 || code === 10 || code === 13 || code === 0x20) return BLANK;
  if (code < 0x20 || code === 0x7f) return !cleanText && isWhitespace(code) ? BLANK : cleanText ? STOP : LETTER;
  return isPunctuation(code) ? PUNCTUATION : LETTER;
}
