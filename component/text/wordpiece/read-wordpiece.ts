import type { JsonReader } from '../json-reader.ts';
import { MAX_TOKEN_UNITS } from '../limits.ts';
import { readVocabulary } from '../vocabulary.ts';
import { WordPiece } from './wordpiece.ts';

const DEFAULT_MAX_WORD = 100;
const MAX_WORD = 10_000;

/** The WordPiece model of a tokenizer.json. */
export function readWordPiece(model: JsonReader): WordPiece {
  const vocabulary = readVocabulary(model);
  const unknownTokenId = vocabulary.get(model.string('unk_token') ?? '[UNK]');
  if (unknownTokenId === undefined) throw model.invalid('unk_token', 'is not in the vocabulary');
  const prefix = model.string('continuing_subword_prefix') ?? '##';
  if (prefix.length > MAX_TOKEN_UNITS) {
    throw model.invalid('continuing_subword_prefix', `is longer than ${MAX_TOKEN_UNITS} characters`);
  }
  return new WordPiece({
    vocabulary,
    unknownTokenId,
    continuingSubwordPrefix: prefix,
    maxInputCharsPerWord: model.count('max_input_chars_per_word', MAX_WORD) ?? DEFAULT_MAX_WORD,
  });
}
