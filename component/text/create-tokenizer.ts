import type { AddedToken } from './added-tokens.ts';
import { tokenizerErrors } from './errors.ts';
import { JsonReader, unsupported } from './json-reader.ts';
import { MAX_ADDED_TOKENS, MAX_TOKEN_UNITS, MAX_TOKENIZER_BYTES, MAX_VOCABULARY } from './limits.ts';
import { readPostProcessor } from './post-processor.ts';
import type { Tokenizer } from './tokenizer.ts';
import { createBertTokenizer } from './wordpiece/create-bert-tokenizer.ts';

/**
 * Makes a tokenizer of the bytes of a tokenizer.json (the format of Hugging Face `tokenizers`). The file is data: nothing
 * of it is executed, no pattern of it is run, and its truncation and padding are passed over.
 *
 * @throws VergeError TOKENIZER_…, with the key that is wrong
 */
export function createTokenizer(tokenizerJson: Uint8Array): Tokenizer {
  const root = parse(tokenizerJson);
  const model = root.object('model');
  if (model === undefined) throw root.missing('model');
  const addedTokens = readAddedTokens(root);
  const special = readPostProcessor(root, addedTokens);
  switch (model.string('type') ?? guessType(model)) {
    case 'WordPiece':
      return createBertTokenizer(root, model, addedTokens, special);
    default:
      throw unsupported('model.type', model.raw('type'));
  }
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

/** Old files name no type; each model has a key of its own. */
function guessType(model: JsonReader): string | undefined {
  if (model.raw('merges') !== undefined) return 'BPE';
  if (model.raw('continuing_subword_prefix') !== undefined) return 'WordPiece';
  return model.raw('unk_id') === undefined ? undefined : 'Unigram';
}

function readAddedTokens(root: JsonReader): AddedToken[] {
  return root.objects('added_tokens', MAX_ADDED_TOKENS).map((entry) => {
    const id = entry.count('id', MAX_VOCABULARY);
    const content = entry.string('content');
    if (id === undefined) throw entry.missing('id');
    if (content === undefined) throw entry.missing('content');
    if (content.length > MAX_TOKEN_UNITS)
      throw entry.invalid('content', `is longer than ${MAX_TOKEN_UNITS} characters`);
    return {
      id,
      content,
      singleWord: entry.boolean('single_word', false),
      lstrip: entry.boolean('lstrip', false),
      rstrip: entry.boolean('rstrip', false),
      normalized: entry.boolean('normalized', !entry.boolean('special', false)),
    };
  });
}
