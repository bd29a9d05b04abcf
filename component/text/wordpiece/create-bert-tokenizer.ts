import { type AddedToken, AddedTokens } from '../added-tokens.ts';
import { type JsonReader, tooMany, unsupported } from '../json-reader.ts';
import { MAX_TOKEN_UNITS, MAX_VOCABULARY } from '../limits.ts';
import type { SpecialTokens } from '../post-processor.ts';
import { type BertNormalizerOptions, normalizeBert } from './bert-normalizer.ts';
import { BertTokenizer } from './bert-tokenizer.ts';
import { WordPieceModel } from './wordpiece.ts';

const DEFAULT_MAX_WORD = 100;
const MAX_WORD = 10_000;

/** The WordPiece tokenizer of a BERT, DistilBERT, ELECTRA or MPNet tokenizer.json. */
export function createBertTokenizer(
  root: JsonReader,
  model: JsonReader,
  addedTokens: readonly AddedToken[],
  special: SpecialTokens,
): BertTokenizer {
  const normalizer = readNormalizer(root.object('normalizer'));
  const preTokenizer = root.object('pre_tokenizer')?.string('type');
  if (preTokenizer !== 'BertPreTokenizer') throw unsupported('pre_tokenizer.type', preTokenizer);
  const vocabulary = readVocabulary(model);
  const unknownToken = model.string('unk_token') ?? '[UNK]';
  const unknownTokenId = vocabulary.get(unknownToken);
  if (unknownTokenId === undefined) throw model.invalid('unk_token', 'is not in the vocabulary');
  const normalized = addedTokens
    .filter((token) => token.normalized)
    .map((token) => ({ ...token, content: normalizeBert(token.content, normalizer) }));
  const ids = [...vocabulary.values(), ...addedTokens.map(({ id }) => id), ...special.prefix, ...special.suffix];
  return new BertTokenizer({
    model: new WordPieceModel({
      vocabulary,
      unknownTokenId,
      continuingSubwordPrefix: model.string('continuing_subword_prefix') ?? '##',
      maxInputCharsPerWord: model.count('max_input_chars_per_word', MAX_WORD) ?? DEFAULT_MAX_WORD,
    }),
    normalizer,
    rawTokens: new AddedTokens(addedTokens.filter((token) => !token.normalized)),
    normalizedTokens: new AddedTokens(normalized),
    prefix: special.prefix,
    suffix: special.suffix,
    unknownTokenId,
    vocabularySize: ids.reduce((most, id) => Math.max(most, id), 0) + 1,
  });
}

function readNormalizer(normalizer: JsonReader | undefined): BertNormalizerOptions {
  if (normalizer === undefined) {
    return { cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false };
  }
  if (normalizer.string('type') !== 'BertNormalizer') throw unsupported('normalizer.type', normalizer.raw('type'));
  const lowercase = normalizer.boolean('lowercase', true);
  return {
    cleanText: normalizer.boolean('clean_text', true),
    handleChineseChars: normalizer.boolean('handle_chinese_chars', true),
    stripAccents: normalizer.boolean('strip_accents', lowercase),
    lowercase,
  };
}

function readVocabulary(model: JsonReader): Map<string, number> {
  const entries = model.object('vocab');
  if (entries === undefined) throw model.missing('vocab');
  const keys = entries.keys();
  if (keys.length > MAX_VOCABULARY) throw tooMany(entries.path, keys.length, MAX_VOCABULARY);
  const vocabulary = new Map<string, number>();
  for (const token of keys) {
    const id = entries.count(token, MAX_VOCABULARY);
    if (id === undefined || token.length > MAX_TOKEN_UNITS)
      throw entries.invalid(token.slice(0, 40), 'is no token with an id');
    vocabulary.set(token, id);
  }
  return vocabulary;
}
