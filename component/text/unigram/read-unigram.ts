import { type JsonReader, unsupported } from '../json-reader.ts';
import { MAX_TOKEN_UNITS, MAX_VOCABULARY } from '../limits.ts';
import { Unigram } from './unigram.ts';

/** The Unigram model of a tokenizer.json. */
export function readUnigram(model: JsonReader): Unigram {
  if (model.raw('vocab') === undefined) throw model.missing('vocab');
  const listed = model.list('vocab', MAX_VOCABULARY);
  const tokens: string[] = [];
  const scores = new Float64Array(listed.length);
  for (const [index, entry] of listed.entries()) {
    const [token, score]: readonly unknown[] = Array.isArray(entry) && entry.length === 2 ? entry : [];
    if (typeof token !== 'string' || typeof score !== 'number' || token.length > MAX_TOKEN_UNITS || !isWhole(token)) {
      throw model.invalidAt(`vocab.${index}`, 'is no token with a score', entry);
    }
    tokens.push(token);
    scores[index] = score;
  }
  const unknownTokenId = model.count('unk_id', MAX_VOCABULARY);
  // The reference reads such a file and fails at the first unknown character.
  if (unknownTokenId === undefined) throw unsupported(`${model.path}.unk_id`, null);
  if (unknownTokenId >= tokens.length) throw model.invalid('unk_id', 'is not in the vocabulary');
  return new Unigram({ tokens, scores, unknownTokenId, byteFallback: model.boolean('byte_fallback', false) });
}

/** False where a token holds half a character. */
function isWhole(token: string): boolean {
  return !/\p{Surrogate}/u.test(token);
}
