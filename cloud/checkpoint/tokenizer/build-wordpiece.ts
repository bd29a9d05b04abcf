import { checkpointErrors } from '../errors.ts';
import { quote } from '../quote.ts';
import { addedTokens, flag, roleToken, type TokenizerSettings, type TokenRole } from './special-tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Special tokens of a WordPiece tokenizer where its settings are silent. */
const bertTokens: readonly (readonly [TokenRole, string])[] = [
  ['unk_token', '[UNK]'],
  ['sep_token', '[SEP]'],
  ['pad_token', '[PAD]'],
  ['cls_token', '[CLS]'],
  ['mask_token', '[MASK]'],
];
const mpnetTokens: readonly (readonly [TokenRole, string])[] = [
  ['bos_token', '<s>'],
  ['eos_token', '</s>'],
  ['unk_token', '[UNK]'],
  ['sep_token', '</s>'],
  ['pad_token', '<pad>'],
  ['cls_token', '<s>'],
  ['mask_token', '<mask>'],
];

/** tokenizer.json of BERT, DistilBERT, ELECTRA or MPNet, as the reference makes it from vocab.txt. */
export function buildWordPiece(
  vocabulary: Vocabulary,
  settings: TokenizerSettings,
  mpnet: boolean,
): Record<string, unknown> {
  const roles = new Map(
    (mpnet ? mpnetTokens : bertTokens).map(([role, token]) => [role, roleToken(settings, role, token)]),
  );
  const unknown = requiredToken(roles, 'unk_token', vocabulary);
  const start = requiredToken(roles, 'cls_token', vocabulary);
  const end = requiredToken(roles, 'sep_token', vocabulary);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(settings, vocabulary, roles, mpnet ? 'mask_token' : undefined),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: flag(settings, 'tokenize_chinese_chars', true),
      strip_accents: flag(settings, 'strip_accents', null),
      lowercase: flag(settings, 'do_lower_case', true),
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: mpnet ? robertaProcessing(start, end, true, false) : bertTemplate(start, end),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknown.content,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
  };
}

/** A special token that every encoding has. */
export interface FrameToken {
  readonly content: string;
  readonly id: number;
}

/** @throws TOKENIZER_SPECIAL_MISSING */
export function requiredToken(
  roles: ReadonlyMap<TokenRole, string>,
  role: TokenRole,
  vocabulary: Vocabulary,
): FrameToken {
  const content = roles.get(role) ?? '';
  const id = vocabulary.get(content);
  if (id !== undefined) return { content, id };
  throw checkpointErrors.make('TOKENIZER_SPECIAL_MISSING', `The vocabulary lacks the ${role} ${quote(content)}`);
}

/** `<s> text </s>`, as RoBERTa frames it. */
export function robertaProcessing(
  start: FrameToken,
  end: FrameToken,
  trimOffsets: boolean,
  addPrefixSpace: boolean,
): unknown {
  return {
    type: 'RobertaProcessing',
    sep: [end.content, end.id],
    cls: [start.content, start.id],
    trim_offsets: trimOffsets,
    add_prefix_space: addPrefixSpace,
  };
}

/** `[CLS] text [SEP]`, and of a pair `[CLS] first [SEP] second [SEP]`. */
function bertTemplate(start: FrameToken, end: FrameToken): unknown {
  const special = ({ content }: FrameToken, type: number): unknown => ({
    SpecialToken: { id: content, type_id: type },
  });
  const sequence = (id: string, type: number): unknown => ({ Sequence: { id, type_id: type } });
  const single = [special(start, 0), sequence('A', 0), special(end, 0)];
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, sequence('B', 1), special(end, 1)],
    special_tokens: Object.fromEntries(
      [start, end].map(({ content, id }) => [content, { id: content, ids: [id], tokens: [content] }]),
    ),
  };
}
