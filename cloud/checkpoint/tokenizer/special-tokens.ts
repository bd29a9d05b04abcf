import { checkpointErrors } from '../errors.ts';
import { isJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { quote, quoteValue } from '../quote.ts';
import { isCount } from '../shape.ts';

/** Tokens that a tokenizer knows by role. */
export type TokenRole =
  | 'unk_token'
  | 'cls_token'
  | 'sep_token'
  | 'pad_token'
  | 'mask_token'
  | 'bos_token'
  | 'eos_token';

/** An entry of tokenizer.json's `added_tokens`: found in a text before it is split into words. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** tokenizer_config.json, with what older versions of the reference keep in files of their own. */
export interface TokenizerSettings {
  readonly config: Readonly<Record<string, unknown>>;
  readonly specialTokensMap: Readonly<Record<string, unknown>>;
  /** added_tokens.json: id by token. */
  readonly addedTokens: Readonly<Record<string, unknown>>;
}

/** A special token as the settings give it: its text alone, or an object with its flags. */
export function roleToken(settings: TokenizerSettings, role: TokenRole, fallback: string): string {
  const declared = settings.config[role] ?? settings.specialTokensMap[role];
  if (declared === undefined || declared === null) return fallback;
  const content = isJsonObject(declared) ? declared.content : declared;
  if (typeof content === 'string' && content !== '') return content;
  throw settingBad(role, declared);
}

/** A yes or no of tokenizer_config.json; null and absent are the fallback. */
export function flag<Fallback>(settings: TokenizerSettings, key: string, fallback: Fallback): boolean | Fallback {
  const value = settings.config[key] ?? fallback;
  if (typeof value === 'boolean' || value === fallback) return value as boolean | Fallback; // one of the two, as just checked
  throw settingBad(key, value);
}

/**
 * The `added_tokens` that the reference makes: the tokens by role, then those added after training.
 * @param stripped a role whose token takes in the space before it.
 */
export function addedTokens(
  settings: TokenizerSettings,
  vocabulary: ReadonlyMap<string, number>,
  roles: ReadonlyMap<TokenRole, string>,
  stripped?: TokenRole,
): AddedToken[] {
  const known = new Map(vocabulary);
  const tokens = new Map<string, AddedToken>();
  for (const declared of declaredTokens(settings)) {
    const id = known.get(declared.content) ?? known.size;
    if (declared.id !== undefined && declared.id !== id) {
      throw checkpointErrors.make(
        'TOKENIZER_ADDED_TOKEN_BAD',
        `The added token ${quote(declared.content)} has the id ${declared.id} where ${id} is its place`,
      );
    }
    known.set(declared.content, id);
    tokens.set(declared.content, { ...declared, id });
  }
  for (const [role, content] of roles) {
    const id = known.get(content);
    if (id === undefined || tokens.has(content)) continue;
    tokens.set(content, { ...plain(content), lstrip: role === stripped, id });
  }
  return [...tokens.values()].toSorted((left, right) => left.id - right.id);
}

type DeclaredToken = Omit<AddedToken, 'id'> & { readonly id: number | undefined };

function plain(content: string): DeclaredToken {
  return { id: undefined, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** Tokens that the settings list with or without an id, those with an id first and in its order. */
function declaredTokens(settings: TokenizerSettings): DeclaredToken[] {
  const numbered: DeclaredToken[] = [];
  const decoder = settings.config.added_tokens_decoder ?? {};
  if (!isJsonObject(decoder)) throw settingBad('added_tokens_decoder', decoder);
  const listed = settings.config.additional_special_tokens ?? settings.specialTokensMap.additional_special_tokens ?? [];
  if (!Array.isArray(listed)) throw settingBad('additional_special_tokens', listed);
  // Before the lists are compared, each with each.
  const count = Object.keys(decoder).length + Object.keys(settings.addedTokens).length + listed.length;
  if (count > limits.addedTokens) throw settingBad('added tokens', `${count} tokens`);
  for (const [key, token] of Object.entries(decoder)) {
    if (!/^\d{1,8}$/.test(key)) throw settingBad('added_tokens_decoder', key);
    numbered.push({ ...withFlags(token, 'added_tokens_decoder', false), id: Number(key) });
  }
  for (const [content, id] of Object.entries(settings.addedTokens)) {
    if (!isCount(id)) throw settingBad('added_tokens.json', id);
    if (numbered.some((token) => token.content === content)) continue;
    numbered.push({ ...plain(content), normalized: true, special: false, id });
  }
  const named = listed
    .map((token) => withFlags(token, 'additional_special_tokens', true))
    .filter(({ content }) => numbered.every((token) => token.content !== content));
  return [...numbered.toSorted((left, right) => (left.id ?? 0) - (right.id ?? 0)), ...named];
}

function withFlags(token: unknown, place: string, special: boolean): DeclaredToken {
  if (typeof token === 'string' && token !== '') return { ...plain(token), special };
  if (!isJsonObject(token) || typeof token.content !== 'string' || token.content === '') throw settingBad(place, token);
  const isSpecial = typeof token.special === 'boolean' ? token.special : special;
  return {
    id: undefined,
    content: token.content,
    single_word: token.single_word === true,
    lstrip: token.lstrip === true,
    rstrip: token.rstrip === true,
    normalized: typeof token.normalized === 'boolean' ? token.normalized : !isSpecial,
    special: isSpecial,
  };
}

function settingBad(key: string, value: unknown): Error {
  return checkpointErrors.make(
    'TOKENIZER_SETTING_BAD',
    `The tokenizer's settings have ${quoteValue(value)} for ${key}`,
  );
}
