import type { AddedToken } from './added-tokens.ts';
import type { JsonReader } from './json-reader.ts';
import { MAX_ADDED_TOKENS, MAX_TOKEN_UNITS, MAX_VOCABULARY } from './limits.ts';

/** `added_tokens` of a tokenizer.json, as it stands there. */
export function readAddedTokens(root: JsonReader): AddedToken[] {
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

/**
 * Gives added tokens the ids that the reference gives them, whatever their own say: that of the vocabulary, or else the next
 * behind it. Of two with one id the later counts.
 */
export function numberAddedTokens(
  tokens: readonly AddedToken[],
  model: { readonly tokenCount: number; idOf(token: string): number | undefined },
): AddedToken[] {
  const numbered = new Map<number, AddedToken>();
  const ids = new Map<string, number>();
  let next = model.tokenCount;
  for (const token of tokens) {
    if (token.content === '') continue;
    const id = ids.get(token.content) ?? model.idOf(token.content) ?? next++;
    ids.set(token.content, id);
    numbered.set(id, { ...token, id });
  }
  return [...numbered.values()];
}
