import { AddedTokens } from './added-tokens.ts';
import { AlignedText } from './aligned-text.ts';
import { readBpe } from './bpe/read-bpe.ts';
import { tokenizerErrors } from './errors.ts';
import { JsonReader, unsupported } from './json-reader.ts';
import { MAX_TOKENIZER_BYTES, MAX_VOCABULARY } from './limits.ts';
import type { Normalizer } from './normalizers/normalizer.ts';
import { readBertNormalizer, readNormalizer } from './normalizers/read-normalizer.ts';
import { readPostProcessor } from './post-processor.ts';
import { type PreTokenizerPlan, readPreTokenizer } from './pre-tokenizers/read-pre-tokenizer.ts';
import { numberAddedTokens, readAddedTokens } from './read-added-tokens.ts';
import { type Shortcut, TextTokenizer } from './text-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import { readUnigram } from './unigram/read-unigram.ts';
import type { WordModel } from './word-model.ts';
import { asciiWords } from './wordpiece/ascii-words.ts';
import { readWordPiece } from './wordpiece/read-wordpiece.ts';
import { WordPiece } from './wordpiece/wordpiece.ts';

/**
 * Makes a tokenizer of the bytes of a tokenizer.json (the format of Hugging Face `tokenizers`). The file is data: nothing
 * of it is executed, no pattern of it is run, and its truncation and padding are passed over.
 *
 * @throws VergeError TOKENIZER_…, with the key that is wrong
 */
export function createTokenizer(tokenizerJson: Uint8Array): Tokenizer {
  const root = parse(tokenizerJson);
  const preTokenizer = readPreTokenizer(root.object('pre_tokenizer'));
  const model = readModel(root, preTokenizer);
  const normalizer = readNormalizer(root.object('normalizer'));
  const added = numberAddedTokens(readAddedTokens(root), model);
  const post = readPostProcessor(root, added);
  const normalizedTokens = added
    .filter((token) => token.normalized)
    .map((token) => ({ ...token, content: normalizedBy(normalizer, token.content) }));
  const ids = [model.highestId, ...added.map(({ id }) => id), ...post.prefix, ...post.suffix];
  return new TextTokenizer({
    model,
    normalizer,
    preTokenizer,
    rawTokens: new AddedTokens(added.filter((token) => !token.normalized)),
    normalizedTokens: new AddedTokens(normalizedTokens),
    post,
    vocabularySize: ids.reduce((most, id) => Math.max(most, id), 0) + 1,
    shortcut: normalizedTokens.length > 0 ? undefined : readShortcut(root, model),
  });
}

/** Id that fills short rows: of the file's padding, or of an added token [PAD] or <pad>, else 0. */
export function padTokenIdOf(tokenizerJson: Uint8Array): number {
  const root = parse(tokenizerJson);
  const configured = root.object('padding')?.count('pad_id', MAX_VOCABULARY);
  if (configured !== undefined) return configured;
  return readAddedTokens(root).find(({ content }) => content === '[PAD]' || content === '<pad>')?.id ?? 0;
}

function parse(bytes: Uint8Array): JsonReader {
  if (bytes.length > MAX_TOKENIZER_BYTES) {
    throw tokenizerErrors.make(
      'TOKENIZER_TOO_LARGE',
      `tokenizer.json has ${bytes.length} bytes, over the limit of ${MAX_TOKENIZER_BYTES}`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw tokenizerErrors.make('TOKENIZER_NOT_JSON', `tokenizer.json is not JSON (${why.slice(0, 200)})`, error);
  }
  return new JsonReader(value, '');
}

function readModel(root: JsonReader, { byteLevel }: PreTokenizerPlan): WordModel {
  const model = root.object('model');
  if (model === undefined) throw root.missing('model');
  const type = model.string('type') ?? guessType(model);
  switch (type) {
    case 'WordPiece':
      if (byteLevel) throw bytesBefore(type);
      return readWordPiece(model);
    case 'BPE':
      return readBpe(model, byteLevel);
    case 'Unigram':
      if (byteLevel) throw bytesBefore(type);
      return readUnigram(model);
    default:
      throw unsupported('model.type', model.raw('type'));
  }
}

/** Only BPE models are ever made of bytes. */
function bytesBefore(type: string): Error {
  return unsupported('pre_tokenizer', `ByteLevel before a ${type} model`);
}

/** Old files name no type; each model has a key of its own. */
function guessType(model: JsonReader): string | undefined {
  if (model.raw('merges') !== undefined) return 'BPE';
  if (model.raw('continuing_subword_prefix') !== undefined) return 'WordPiece';
  return model.raw('unk_id') === undefined ? undefined : 'Unigram';
}

function normalizedBy(normalizer: Normalizer | undefined, content: string): string {
  const text = AlignedText.of(content, 0, false);
  normalizer?.(text);
  return text.text;
}

/** BERT's own stages, and no others, have a quick way. */
function readShortcut(root: JsonReader, model: WordModel): Shortcut | undefined {
  const normalizer = root.object('normalizer');
  const isBert =
    root.object('pre_tokenizer')?.string('type') === 'BertPreTokenizer' &&
    (normalizer === undefined || normalizer.string('type') === 'BertNormalizer');
  if (!isBert || !(model instanceof WordPiece)) return undefined;
  const none = { cleanText: false, handleChineseChars: false, stripAccents: false, lowercase: false };
  return asciiWords(model, normalizer === undefined ? none : readBertNormalizer(normalizer));
}
