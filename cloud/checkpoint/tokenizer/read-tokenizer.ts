import { checkpointErrors } from '../errors.ts';
import { parseJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { ModelFiles } from '../model-files.ts';
import { quoteValue } from '../quote.ts';
import { readFileBounded } from '../read-file.ts';
import { buildByteLevel } from './build-byte-level.ts';
import { buildWordPiece } from './build-wordpiece.ts';
import type { TokenizerSettings } from './special-tokens.ts';
import { parseMerges, parseVocabularyJson, parseVocabularyText } from './vocabulary.ts';

/** The tokenizer as one file, and the length limit that its settings carry. */
export interface TokenizerFiles {
  /** Canonical tokenizer.json; undefined where the model has no tokenizer at all. */
  readonly tokenizerJson: Uint8Array | undefined;
  /** `model_max_length` of tokenizer_config.json, unchecked. */
  readonly modelMaxLength: unknown;
}

/** Tokenizers that we build from their vocabulary, by the reference's name for them. */
const builders: Readonly<Record<string, 'bert' | 'mpnet' | 'roberta'>> = {
  BertTokenizer: 'bert',
  DistilBertTokenizer: 'bert',
  ElectraTokenizer: 'bert',
  MPNetTokenizer: 'mpnet',
  RobertaTokenizer: 'roberta',
};
/** The tokenizer of a family where the settings name none. */
const familyTokenizer: Readonly<Record<string, string>> = {
  bert: 'BertTokenizer',
  distilbert: 'DistilBertTokenizer',
  electra: 'ElectraTokenizer',
  mpnet: 'MPNetTokenizer',
  roberta: 'RobertaTokenizer',
};

/** Finds the tokenizer of a model, or builds it from its vocabulary. @throws TOKENIZER_…, VOCABULARY_BAD, MERGES_BAD, JSON_… */
export async function readTokenizer(files: ModelFiles, modelType: string): Promise<TokenizerFiles> {
  const config = (await readJsonFile(files, 'tokenizer_config.json')) ?? {};
  const tokenizer =
    (await readJsonFile(files, 'tokenizer.json', limits.tokenizerBytes)) ?? (await build(files, modelType, config));
  return {
    tokenizerJson: tokenizer === undefined ? undefined : canonicalTokenizer(tokenizer),
    modelMaxLength: config.model_max_length,
  };
}

async function build(
  files: ModelFiles,
  modelType: string,
  config: Record<string, unknown>,
): Promise<Record<string, unknown> | undefined> {
  const text = files.get('vocab.txt');
  const json = files.get('vocab.json');
  const merges = files.get('merges.txt');
  if (text === undefined && (json === undefined || merges === undefined)) return undefined;
  const declared = config.tokenizer_class ?? familyTokenizer[modelType];
  const name = typeof declared === 'string' ? declared.replace(/Fast$/, '') : undefined;
  const kind = name !== undefined && Object.hasOwn(builders, name) ? builders[name] : undefined;
  const settings: TokenizerSettings = {
    config,
    specialTokensMap: (await readJsonFile(files, 'special_tokens_map.json')) ?? {},
    addedTokens: (await readJsonFile(files, 'added_tokens.json')) ?? {},
  };
  if (text !== undefined && (kind === 'bert' || kind === 'mpnet') && config.do_basic_tokenize !== false) {
    const vocabulary = parseVocabularyText(await readFileBounded(text, 'vocab.txt', limits.vocabularyBytes));
    return buildWordPiece(vocabulary, settings, kind === 'mpnet');
  }
  if (json !== undefined && merges !== undefined && kind === 'roberta') {
    const vocabulary = parseVocabularyJson(await readFileBounded(json, 'vocab.json', limits.vocabularyBytes));
    const joined = parseMerges(await readFileBounded(merges, 'merges.txt', limits.vocabularyBytes), vocabulary);
    return buildByteLevel(vocabulary, joined, settings);
  }
  throw checkpointErrors.make(
    'TOKENIZER_CLASS_UNKNOWN',
    `The model has the vocabulary of a ${quoteValue(name ?? declared ?? modelType)} and no tokenizer.json, and Verge cannot build that tokenizer from these files`,
  );
}

/**
 * Bytes of a tokenizer.json as the device reads it. The truncation and padding of training go: the reference overrides
 * both at every call. Keys keep their order, so the same file gives the same bytes.
 */
function canonicalTokenizer(tokenizer: Record<string, unknown>): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ ...tokenizer, truncation: null, padding: null })}\n`);
}

async function readJsonFile(
  files: ModelFiles,
  name: string,
  maxBytes: number = limits.configBytes,
): Promise<Record<string, unknown> | undefined> {
  const file = files.get(name);
  if (file === undefined) return undefined;
  const bytes = await readFileBounded(file, name, maxBytes);
  return parseJsonObject(bytes, { file: name, maxDepth: limits.jsonDepth, uniqueKeys: false });
}

/** Why there is no tokenizer. @returns TOKENIZER_MISSING or TOKENIZER_SLOW_ONLY */
export function missingTokenizer(files: ModelFiles): Error {
  const slow = [...files.keys()].find((name) => name.endsWith('.model'));
  if (slow !== undefined) {
    return checkpointErrors.make(
      'TOKENIZER_SLOW_ONLY',
      `The model has only the SentencePiece file ${slow} for a tokenizer`,
    );
  }
  return checkpointErrors.make(
    'TOKENIZER_MISSING',
    'The model has no tokenizer.json, vocab.txt, or vocab.json with merges.txt',
  );
}
