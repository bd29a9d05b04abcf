import { type JsonReader, unsupported } from '../json-reader.ts';
import { knownMatcher, literalMatcher, type Matcher } from '../known-patterns.ts';
import { MAX_TOKEN_UNITS } from '../limits.ts';
import { type BertNormalizerOptions, normalizeBert } from './bert-normalizer.ts';
import { readCharacterMap } from './character-map.ts';
import { lowercase, type Normalizer } from './normalizer.ts';
import { precompiledNormalizer } from './precompiled.ts';
import { normalizeNmt, strip, stripAccents } from './simple-normalizers.ts';
import { composeText, decomposeText } from './unicode-forms.ts';

const MAX_SEQUENCE = 32;
const MAX_DEPTH = 8;
/** What a file may put in the place of one match. */
const MAX_CONTENT_UNITS = 64;

/** What `normalizer` of a tokenizer.json does; undefined where there is none. */
export function readNormalizer(normalizer: JsonReader | undefined, depth = 0): Normalizer | undefined {
  if (normalizer === undefined) return undefined;
  const type = normalizer.string('type');
  switch (type) {
    case 'Sequence': {
      if (depth >= MAX_DEPTH) throw unsupported(normalizer.path, `a sequence ${MAX_DEPTH} levels deep`);
      const parts = normalizer
        .objects('normalizers', MAX_SEQUENCE)
        .flatMap((part) => readNormalizer(part, depth + 1) ?? []);
      return (text) => {
        for (const part of parts) {
          part(text);
          text.cut();
        }
      };
    }
    case 'BertNormalizer': {
      const options = readBertNormalizer(normalizer);
      return (text) => normalizeBert(text, options);
    }
    case 'NFC':
    case 'NFKC':
      return (text) => composeText(text, type);
    case 'NFD':
    case 'NFKD':
      return (text) => decomposeText(text, type);
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return stripAccents;
    case 'Nmt':
      return normalizeNmt;
    case 'Strip': {
      const left = normalizer.boolean('strip_left', true);
      const right = normalizer.boolean('strip_right', true);
      return (text) => strip(text, left, right);
    }
    case 'Replace': {
      const matcher = readPattern(normalizer);
      const content = shortString(normalizer, 'content');
      return (text) => text.replace(matcher(text.text), content);
    }
    case 'Prepend': {
      const content = shortString(normalizer, 'prepend');
      return (text) => text.prepend(content);
    }
    case 'Precompiled':
      return precompiledNormalizer(readCharacterMap(normalizer));
    default:
      throw unsupported(`${normalizer.path}.type`, normalizer.raw('type'));
  }
}

export function readBertNormalizer(normalizer: JsonReader): BertNormalizerOptions {
  const lower = normalizer.boolean('lowercase', true);
  return {
    cleanText: normalizer.boolean('clean_text', true),
    handleChineseChars: normalizer.boolean('handle_chinese_chars', true),
    stripAccents: normalizer.boolean('strip_accents', lower),
    lowercase: lower,
  };
}

/** `pattern` of a `Replace` or `Split`: a plain text, or a pattern that we know. */
export function readPattern(owner: JsonReader): Matcher {
  const pattern = owner.object('pattern');
  if (pattern === undefined) throw owner.missing('pattern');
  const literal = pattern.string('String');
  if (literal !== undefined) {
    if (literal === '' || literal.length > MAX_TOKEN_UNITS) throw unsupported(`${pattern.path}.String`, literal);
    return literalMatcher(literal);
  }
  const regex = pattern.string('Regex');
  if (regex === undefined) throw pattern.missing('Regex');
  const matcher = knownMatcher(regex);
  if (matcher === undefined) throw unsupported(`${pattern.path}.Regex`, regex);
  return matcher;
}

function shortString(owner: JsonReader, key: string): string {
  const text = owner.string(key);
  if (text === undefined) throw owner.missing(key);
  if (text.length > MAX_CONTENT_UNITS) throw owner.invalid(key, `is longer than ${MAX_CONTENT_UNITS} characters`);
  return text;
}
