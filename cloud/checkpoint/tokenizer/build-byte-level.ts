import { requiredToken, robertaProcessing } from './build-wordpiece.ts';
import { addedTokens, flag, roleToken, type TokenizerSettings, type TokenRole } from './special-tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Special tokens of RoBERTa where its settings are silent. */
const robertaTokens: readonly (readonly [TokenRole, string])[] = [
  ['bos_token', '<s>'],
  ['eos_token', '</s>'],
  ['unk_token', '<unk>'],
  ['sep_token', '</s>'],
  ['pad_token', '<pad>'],
  ['cls_token', '<s>'],
  ['mask_token', '<mask>'],
];

/** tokenizer.json of RoBERTa, as the reference makes it from vocab.json and merges.txt: byte-level BPE. */
export function buildByteLevel(
  vocabulary: Vocabulary,
  merges: readonly (readonly [string, string])[],
  settings: TokenizerSettings,
): Record<string, unknown> {
  const roles = new Map(robertaTokens.map(([role, token]) => [role, roleToken(settings, role, token)]));
  const addPrefixSpace = flag(settings, 'add_prefix_space', false);
  const start = requiredToken(roles, 'cls_token', vocabulary);
  const end = requiredToken(roles, 'sep_token', vocabulary);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(settings, vocabulary, roles),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: true },
    post_processor: robertaProcessing(start, end, flag(settings, 'trim_offsets', true), addPrefixSpace),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary),
      merges,
    },
  };
}
