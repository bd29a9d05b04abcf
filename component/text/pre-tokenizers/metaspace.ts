import type { AlignedText } from '../aligned-text.ts';
import { type JsonReader, unsupported } from '../json-reader.ts';
import { literalMatcher } from '../known-patterns.ts';
import { type PreTokenizer, splitAt } from './split.ts';

const SCHEMES = ['always', 'first', 'never'];

/** `Metaspace`: blanks become `▁`, one more stands before the text, and each begins a word. */
export function readMetaspace(preTokenizer: JsonReader): PreTokenizer {
  const replacement = preTokenizer.string('replacement');
  if (replacement === undefined) throw preTokenizer.missing('replacement');
  if ([...replacement].length !== 1) throw preTokenizer.invalid('replacement', 'is not one character');
  const scheme = readScheme(preTokenizer);
  const splits = preTokenizer.boolean('split', true);
  const blanks = literalMatcher(' ');
  const marks = literalMatcher(replacement);
  return (text: AlignedText) => {
    text.replace(blanks(text.text), replacement);
    const wanted = scheme === 'always' || (scheme === 'first' && text.startOf(0) === 0);
    if (wanted && !text.text.startsWith(replacement)) text.prepend(replacement);
    return splits ? splitAt(text, marks(text.text), 'MergedWithNext') : [text];
  };
}

/** The scheme, or what older files say instead: `add_prefix_space`. */
export function readScheme(preTokenizer: JsonReader): string {
  const scheme = preTokenizer.string('prepend_scheme') ?? 'always';
  if (!SCHEMES.includes(scheme)) throw unsupported(`${preTokenizer.path}.prepend_scheme`, scheme);
  if (preTokenizer.boolean('add_prefix_space', true)) return scheme;
  if (preTokenizer.raw('prepend_scheme') !== undefined && scheme !== 'never') {
    throw preTokenizer.invalid('add_prefix_space', `contradicts prepend_scheme ${scheme}`);
  }
  return 'never';
}
