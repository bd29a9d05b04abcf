import { type AlignedText, Changes } from '../aligned-text.ts';
import { isDroppedByClean, isIdeograph, isNonspacingMark, isWhitespace } from '../unicode/classes.ts';
import { filterCharacters, isAscii, lowercase, mapCharacters } from './normalizer.ts';
import { decomposeText } from './unicode-forms.ts';

/** `BertNormalizer` of a tokenizer.json. */
export interface BertNormalizerOptions {
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

const nothingToClean = /^[ -~]*$/;

export function normalizeBert(text: AlignedText, options: BertNormalizerOptions): void {
  if (options.cleanText && !nothingToClean.test(text.text)) {
    filterCharacters(text, (codePoint) => !isDroppedByClean(codePoint));
    mapCharacters(text, (character) => (isWhitespace(character.codePointAt(0) ?? 0) ? ' ' : character));
  }
  if (options.handleChineseChars && !isAscii(text.text)) spaceIdeographs(text);
  if (options.stripAccents && !isAscii(text.text)) {
    decomposeText(text, 'NFD');
    filterCharacters(text, (codePoint) => !isNonspacingMark(codePoint));
  }
  if (options.lowercase) lowercase(text);
}

function spaceIdeographs(text: AlignedText): void {
  const changes = new Changes();
  for (const character of text.text) {
    if (!isIdeograph(character.codePointAt(0) ?? 0)) {
      changes.add(character, 0);
      continue;
    }
    changes.add(' ', 0);
    changes.add(character, 1);
    changes.add(' ', 1);
  }
  text.apply(changes);
}
