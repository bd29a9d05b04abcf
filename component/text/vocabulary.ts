import { type JsonReader, tooMany } from './json-reader.ts';
import { MAX_TOKEN_UNITS, MAX_VOCABULARY } from './limits.ts';

/** `model.vocab` of WordPiece and BPE: an object from token to id. */
export function readVocabulary(model: JsonReader): Map<string, number> {
  const reader = model.object('vocab');
  if (reader === undefined) throw model.missing('vocab');
  const tokens = reader.keys();
  if (tokens.length > MAX_VOCABULARY) throw tooMany(reader.path, tokens.length, MAX_VOCABULARY);
  const vocabulary = new Map<string, number>();
  for (const token of tokens) {
    const id = reader.raw(token);
    if (
      typeof id !== 'number' ||
      !Number.isInteger(id) ||
      id < 0 ||
      id > MAX_VOCABULARY ||
      token.length > MAX_TOKEN_UNITS
    )
      throw reader.invalid(token.slice(0, 40), 'is no token with an id');
    vocabulary.set(token, id);
  }
  return vocabulary;
}

export function highestId(ids: Iterable<number>): number {
  let highest = 0;
  for (const id of ids) if (id > highest) highest = id;
  return highest;
}

/** Tokens by id; of two with one id the later. */
export function tokensById(vocabulary: ReadonlyMap<string, number>): Map<number, string> {
  const tokens = new Map<number, string>();
  for (const [token, id] of vocabulary) tokens.set(id, token);
  return tokens;
}
