import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VergeError } from '../../../../component/contract/error.ts';
import { createTokenizer } from '../../../../component/text/create-tokenizer.ts';
import type { Tokenizer } from '../../../../component/text/tokenizer.ts';
import { recordedJson, someTokenizers, tokenizerOf } from './small-tokenizers.ts';

/** JSON that a test may change at any path. */
type Json = Record<string, unknown>;

function withValue(json: Json, path: string, value: unknown): Json {
  const copy = structuredClone(json);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  // Every path of this file leads through objects and lists.
  const owner = keys.reduce((at, key) => at[key] as Json, copy);
  owner[last] = value;
  return copy;
}

function refusal(make: () => Tokenizer): VergeError {
  try {
    make();
  } catch (error) {
    if (error instanceof VergeError) return error;
    throw error;
  }
  throw new Error('The tokenizer was taken');
}

/** A charsmap of the given array units and replacements. */
function charsmap(units: readonly number[], replacements: string, says = units.length * 4): string {
  const bytes = Buffer.alloc(4 + units.length * 4);
  bytes.writeUInt32LE(says, 0);
  for (const [index, unit] of units.entries()) bytes.writeUInt32LE(unit, 4 + index * 4);
  return Buffer.concat([bytes, Buffer.from(replacements, 'latin1')]).toString('base64');
}

const lies: readonly [string, string, unknown, string][] = [
  ['modernbert', 'model', [], 'model is no object'],
  ['modernbert', 'model', null, 'model is missing'],
  ['modernbert', 'model.type', 'WordLevel', 'model.type is "WordLevel"'],
  ['modernbert', 'model.type', 7, 'model.type is no text'],
  ['modernbert', 'model.vocab', null, 'model.vocab is missing'],
  ['modernbert', 'model.vocab', ['a'], 'model.vocab is no object'],
  ['modernbert', 'model.vocab.a', -1, 'model.vocab.a is no token with an id'],
  ['modernbert', 'model.vocab.a', 1.5, 'model.vocab.a is no token with an id'],
  ['modernbert', 'model.vocab.a', 4_000_000_000, 'model.vocab.a is no token with an id'],
  ['modernbert', 'model.vocab.a', '7', 'model.vocab.a is no token with an id'],
  ['modernbert', 'model.merges', null, 'model.merges is missing'],
  ['modernbert', 'model.merges', {}, 'model.merges is no list'],
  ['modernbert', 'model.merges.3', 'a b c', 'model.merges.3 is no pair of tokens'],
  ['modernbert', 'model.merges.3', ['a'], 'model.merges.3 is no pair of tokens'],
  ['modernbert', 'model.merges.3', [1, 2], 'model.merges.3 is no pair of tokens'],
  ['modernbert', 'model.merges.3', ['qq', 'zz'], 'model.merges.3 joins no two tokens'],
  ['modernbert', 'model.dropout', 0.1, 'model.dropout is 0.1'],
  ['modernbert', 'model.byte_fallback', 'yes', 'model.byte_fallback is neither true nor false'],
  ['modernbert', 'model.continuing_subword_prefix', '#'.repeat(5000), 'model.continuing_subword_prefix is longer'],
  ['modernbert', 'pre_tokenizer.type', 'FixedLength', 'pre_tokenizer.type is "FixedLength"'],
  ['modernbert', 'pre_tokenizer.use_regex', 0, 'pre_tokenizer.use_regex is neither'],
  ['modernbert', 'added_tokens', 'x', 'added_tokens is no list'],
  ['modernbert', 'added_tokens.0', null, 'added_tokens.0 is no object'],
  ['modernbert', 'added_tokens.0.id', -3, 'added_tokens.0.id is no whole number'],
  ['modernbert', 'added_tokens.0.content', 'x'.repeat(5000), 'added_tokens.0.content is longer'],
  ['modernbert', 'added_tokens', Array(20_001).fill({}), 'added_tokens has 20001 entries'],
  ['modernbert', 'post_processor.type', 'Other', 'post_processor.type is "Other"'],
  ['modernbert', 'post_processor.single', [], 'post_processor.single is "a template without the text"'],
  ['roberta-prefix', 'post_processor.cls', ['<s>', 1e9], 'post_processor.cls is no pair'],
  ['bytes-split-first', 'pre_tokenizer.pretokenizers.0.pattern.Regex', '(a+)+$', 'pattern.Regex is "(a+)+$"'],
  ['bytes-split-first', 'pre_tokenizer.pretokenizers.0.behavior', 'Sideways', 'behavior is "Sideways"'],
  ['bytes-split-first', 'pre_tokenizer.pretokenizers.2', { type: 'Whitespace' }, 'a step behind ByteLevel'],
  ['xlm-roberta', 'normalizer.normalizers.1.pattern.Regex', '.*', 'normalizer.normalizers.1.pattern.Regex is ".*"'],
  ['xlm-roberta', 'normalizer.normalizers.1.pattern', { String: '' }, 'pattern.String is ""'],
  ['xlm-roberta', 'normalizer.normalizers.1.content', 'x'.repeat(100), 'normalizer.normalizers.1.content is longer'],
  ['xlm-roberta', 'normalizer.normalizers', Array(33).fill({ type: 'NFC' }), 'normalizer.normalizers has 33 entries'],
  ['xlm-roberta', 'normalizer.normalizers.0.type', 'Bert', 'normalizer.normalizers.0.type is "Bert"'],
  ['xlm-roberta', 'pre_tokenizer.pretokenizers.1.replacement', '▁▁', 'replacement is not one character'],
  ['xlm-roberta', 'pre_tokenizer.pretokenizers.1.prepend_scheme', 'last', 'prepend_scheme is "last"'],
  ['xlm-roberta', 'pre_tokenizer.pretokenizers.1.add_prefix_space', false, 'contradicts prepend_scheme'],
  ['xlm-roberta', 'pre_tokenizer', { type: 'ByteLevel' }, 'ByteLevel before a Unigram model'],
  ['xlm-roberta', 'model.unk_id', null, 'model.unk_id is null'],
  ['xlm-roberta', 'model.unk_id', 900_000, 'model.unk_id is not in the vocabulary'],
  ['xlm-roberta', 'model.vocab', {}, 'model.vocab is no list'],
  ['xlm-roberta', 'model.vocab.4', ['x'], 'model.vocab.4 is no token with a score'],
  ['xlm-roberta', 'model.vocab.4', ['x', '1'], 'model.vocab.4 is no token with a score'],
  ['xlm-roberta', 'model.vocab.4', ['x\ud800', 1], 'model.vocab.4 is no token with a score'],
  ['mpnet', 'model.unk_token', 'nowhere', 'model.unk_token is not in the vocabulary'],
  ['mpnet', 'model.max_input_chars_per_word', 1e9, 'model.max_input_chars_per_word is no whole number'],
];

const maps: readonly [string, unknown, string][] = [
  ['no base64', '***', 'is no base64'],
  ['half a base64', 'abc', 'is no base64'],
  ['a number', 7, 'is no text'],
  ['nothing', null, 'is missing'],
  ['an empty text', '', 'is shorter than it says'],
  ['a size beyond its end', charsmap([0, 0], 'x\0', 4_000_000_000), 'is shorter than it says'],
  ['no unit', charsmap([], 'x\0'), 'is shorter than it says'],
  ['a leaf outside the array', charsmap([0x100 | (900 << 10)], 'x\0'), 'points outside itself at unit 0'],
  ['a value outside the replacements', charsmap([0x100 | (1 << 10), 0x8000ffff], 'x\0'), 'points outside itself'],
  ['replacements that are not UTF-8', charsmap([0], '\xff\xfe\0'), 'has replacements that are not UTF-8'],
  ['a replacement without end', charsmap([0], 'x'.repeat(500)), 'has a replacement of more than'],
];

describe('a tokenizer.json that lies', () => {
  it.each(lies)('is refused with the key that is wrong: %s, %s', (name, path, value, words) => {
    const json = withValue(recordedJson(name), path, value);

    const error = refusal(() => tokenizerOf(json));

    expect(error.code).toMatch(/^TOKENIZER_/);
    expect(error.fault).toBe('user');
    expect(error.what).toContain(words);
  });

  it.each(maps)('is refused for a character map with %s', (_what, value, words) => {
    const json = withValue(recordedJson('camembert'), 'normalizer.precompiled_charsmap', value);

    const error = refusal(() => tokenizerOf(json));

    expect(error.what).toContain('normalizer.precompiled_charsmap');
    expect(error.what).toContain(words);
  });

  it('is refused for a sequence of sequences without end', () => {
    let normalizer: Json = { type: 'NFC' };
    for (let depth = 0; depth < 50; depth++) normalizer = { type: 'Sequence', normalizers: [normalizer] };

    const error = refusal(() => tokenizerOf({ ...recordedJson('mpnet'), normalizer }));

    expect(error.what).toContain('8 levels deep');
  });

  it('is refused where it is no JSON, no UTF-8 or no object', () => {
    const files = ['', '{', '[]', 'null', '"x"', '\ufeff{}'].map((text) => new TextEncoder().encode(text));

    const codes = [...files, Uint8Array.of(0x7b, 0xff, 0x7d)].map((file) => refusal(() => createTokenizer(file)).code);

    expect(new Set(codes)).toEqual(new Set(['TOKENIZER_NOT_JSON', 'TOKENIZER_INVALID']));
  });
});

describe('a tokenizer.json with odd but honest tokens', () => {
  it('reads tokens that are names of object members as any other', () => {
    const vocab = '{"[UNK]":0,"__proto__":1,"constructor":2,"toString":3,"_":4,"##_":5,"proto":6,"##proto":7}';
    const file = `{"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":${vocab}},"pre_tokenizer":{"type":"WhitespaceSplit"}}`;
    const tokenizer = createTokenizer(new TextEncoder().encode(file));

    const { ids } = tokenizer.encode('__proto__ constructor toString valueOf', 100);

    expect([...ids]).toEqual([1, 2, 3, 0]);
  });

  it('joins merges that lead in a circle no more than a word has symbols', () => {
    const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']], continuing_subword_prefix: null };
    const circle = withValue({ model }, 'model.vocab', { a: 0, b: 1, ab: 0, ba: 1 });
    const tokenizer = tokenizerOf(
      withValue(circle, 'model.merges', [
        ['a', 'b'],
        ['b', 'a'],
      ]),
    );

    const { ids } = tokenizer.encode('ab'.repeat(5000), 100_000);

    expect(ids.length).toBeLessThan(10_000);
    expect([...ids].every((id) => id <= 1)).toBe(true);
  });

  it('lets no replacement of replacements grow a text without end', () => {
    const double = { type: 'Replace', pattern: { String: 'a' }, content: 'a'.repeat(64) };
    const normalizer = { type: 'Sequence', normalizers: Array(32).fill(double) };
    const tokenizer = tokenizerOf({ ...recordedJson('distilbert-cased'), normalizer });

    const { ids } = tokenizer.encode('a a', 16);

    expect(ids.length).toBeLessThanOrEqual(16);
  });
});

describe('any change to a tokenizer.json', () => {
  const paths = ['', 'model', 'normalizer', 'pre_tokenizer', 'post_processor', 'added_tokens.0'];

  it('gives a tokenizer that works, or an error with a code', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...someTokenizers),
        fc.constantFrom(...paths),
        fc.nat(20),
        fc.jsonValue(),
        (name, path, key, value) => {
          const json = recordedJson(name);
          const owner = path
            .split('.')
            .reduce<unknown>((at, step) => (step === '' ? at : (at as Json | undefined)?.[step]), json);
          const keys = Object.keys(owner ?? {});
          const place = [path, keys[key % Math.max(1, keys.length)] ?? ''].filter((part) => part !== '').join('.');
          fc.pre(place !== '' && owner !== null && owner !== undefined);
          let tokenizer: Tokenizer | undefined;

          try {
            tokenizer = tokenizerOf(withValue(json, place, value));
          } catch (error) {
            expect(error).toBeInstanceOf(VergeError);
          }

          expect(tokenizer?.encode('Hello <mask> wörld', 16).ids.length ?? 0).toBeLessThanOrEqual(16);
        },
      ),
      { numRuns: 300 },
    );
  });
});
