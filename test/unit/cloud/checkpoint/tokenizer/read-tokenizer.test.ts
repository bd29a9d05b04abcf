import { describe, expect, it } from 'vitest';
import { openFiles, refuseFiles } from '../../../../support/hostile/refusal.ts';
import { tinyModel, tinyVocabulary, withConfig } from '../../../../support/hostile/tiny-model.ts';

const { 'vocab.txt': _, ...bare } = tinyModel;
const roberta = withConfig({ model_type: 'roberta', architectures: ['RobertaForSequenceClassification'] });
const robertaFiles = {
  'config.json': roberta['config.json'] ?? '',
  'model.safetensors': roberta['model.safetensors'] ?? '',
  'vocab.json': JSON.stringify({ '<s>': 0, '<pad>': 1, '</s>': 2, '<unk>': 3, h: 4, i: 5, hi: 6, '<mask>': 7 }),
  'merges.txt': '#version: 0.2\nh i\n',
};

async function tokenizerOf(files: Record<string, Uint8Array | string>): Promise<Record<string, unknown>> {
  return JSON.parse(new TextDecoder().decode((await openFiles(files)).tokenizerJson));
}

describe('the tokenizer', () => {
  it('is tokenizer.json where there is one, without the truncation and padding of its training', async () => {
    const file = {
      truncation: { max_length: 16 },
      padding: { length: 16 },
      model: { type: 'WordPiece', vocab: { b: 1, a: 0 } },
    };

    const tokenizer = await tokenizerOf({ ...tinyModel, 'tokenizer.json': JSON.stringify(file) });

    expect(tokenizer).toEqual({ ...file, truncation: null, padding: null });
  });

  it('does not take its length limit from the truncation of its training', async () => {
    const file = { truncation: { max_length: 16 }, model: { type: 'WordPiece' } };

    const { maxLength } = await openFiles({ ...tinyModel, 'tokenizer.json': JSON.stringify(file) });

    expect(maxLength).toBe(512);
  });

  it('is the same in bytes however its file is spaced', async () => {
    const file = { version: '1.0', model: { type: 'WordPiece', vocab: { '[UNK]': 0 } } };
    const spaced = await openFiles({ ...bare, 'tokenizer.json': JSON.stringify(file, null, 4) });

    const { tokenizerJson } = await openFiles({ ...bare, 'tokenizer.json': `\ufeff${JSON.stringify(file)}` });

    expect(Buffer.from(tokenizerJson)).toEqual(Buffer.from(spaced.tokenizerJson));
  });

  it('keeps a token of the name __proto__', async () => {
    const file = '{"model":{"type":"WordPiece","vocab":{"[UNK]":0,"__proto__":1}}}';

    const { tokenizerJson } = await openFiles({ ...bare, 'tokenizer.json': file });

    expect(new TextDecoder().decode(tokenizerJson)).toContain('"vocab":{"[UNK]":0,"__proto__":1}');
  });

  it('is built from vocab.txt, as WordPiece', async () => {
    const tokenizer = await tokenizerOf({ ...tinyModel, 'vocab.txt': tinyVocabulary.replaceAll('\n', '\r\n') });

    expect(tokenizer).toMatchObject({ model: { type: 'WordPiece', vocab: { '[CLS]': 2, hello: 5, world: 6 } } });
  });

  it('is built from vocab.json and merges.txt, as BPE on bytes', async () => {
    const tokenizer = await tokenizerOf(robertaFiles);

    expect(tokenizer).toMatchObject({
      pre_tokenizer: { type: 'ByteLevel' },
      model: { type: 'BPE', merges: [['h', 'i']] },
    });
  });

  it('takes special tokens from special_tokens_map.json where the settings name none', async () => {
    const vocabulary = tinyVocabulary.replace('[UNK]', '<unk>');
    const map = JSON.stringify({ unk_token: { content: '<unk>', lstrip: false } });

    const tokenizer = await tokenizerOf({ ...tinyModel, 'vocab.txt': vocabulary, 'special_tokens_map.json': map });

    expect(tokenizer).toMatchObject({ model: { unk_token: '<unk>' } });
  });

  it('reads a line of a million spaces in no more than a glance', async () => {
    const line = `${' '.repeat(1_000_000)}x \u3000\t`;

    const tokenizer = await tokenizerOf({ ...tinyModel, 'vocab.txt': `${tinyVocabulary}${line}\n` });

    expect(tokenizer).toMatchObject({ model: { vocab: { [`${' '.repeat(1_000_000)}x`]: 7 } } });
  });

  it('may be absent only where the caller says so', async () => {
    const { tokenizerJson } = await openFiles(bare, { tokenizer: 'optional' });

    const refusal = await refuseFiles(bare);

    expect(tokenizerJson).toHaveLength(0);
    expect(refusal.code).toBe('TOKENIZER_MISSING');
  });
});

describe('a tokenizer that cannot be built is refused', () => {
  const endlessTokens = JSON.stringify(Object.fromEntries(Array.from({ length: 200_000 }, (__, id) => [`t${id}`, id])));
  const settings = (value: unknown) => ({ ...tinyModel, 'tokenizer_config.json': JSON.stringify(value) });

  it.each<[string, Record<string, Uint8Array | string>, string, RegExp]>([
    ['SentencePiece alone', { ...bare, 'spiece.model': 'x' }, 'TOKENIZER_SLOW_ONLY', /spiece\.model/],
    ['vocab.json without merges', { ...bare, 'vocab.json': '{}' }, 'TOKENIZER_MISSING', /vocab\.json with merges\.txt/],
    ['merges without vocab.json', { ...bare, 'merges.txt': '' }, 'TOKENIZER_MISSING', /merges\.txt/],
    [
      'the class of another vocabulary',
      settings({ tokenizer_class: 'RobertaTokenizer' }),
      'TOKENIZER_CLASS_UNKNOWN',
      /'RobertaTokenizer'/,
    ],
    ['an unknown class', settings({ tokenizer_class: 'constructor' }), 'TOKENIZER_CLASS_UNKNOWN', /'constructor'/],
    ['a class that is no text', settings({ tokenizer_class: { toString: 1 } }), 'TOKENIZER_CLASS_UNKNOWN', /toString/],
    ['words that are not split', settings({ do_basic_tokenize: false }), 'TOKENIZER_CLASS_UNKNOWN', /'BertTokenizer'/],
    ['a flag that is no flag', settings({ do_lower_case: 'yes' }), 'TOKENIZER_SETTING_BAD', /'yes' for do_lower_case/],
    ['a special token that is no text', settings({ cls_token: 5 }), 'TOKENIZER_SETTING_BAD', /'5' for cls_token/],
    [
      'a special token that is not in it',
      settings({ cls_token: '<cls>' }),
      'TOKENIZER_SPECIAL_MISSING',
      /cls_token '<cls>'/,
    ],
    [
      'an added token at another place',
      settings({ added_tokens_decoder: { 99: { content: 'x' } } }),
      'TOKENIZER_ADDED_TOKEN_BAD',
      /'x' has the id 99 where 7/,
    ],
    [
      'endless added tokens',
      { ...tinyModel, 'added_tokens.json': endlessTokens },
      'TOKENIZER_SETTING_BAD',
      /'200000 tokens'/,
    ],
    ['added tokens in a list', settings({ added_tokens_decoder: [] }), 'TOKENIZER_SETTING_BAD', /added_tokens_decoder/],
    [
      'an added token without text',
      settings({ added_tokens_decoder: { 7: {} } }),
      'TOKENIZER_SETTING_BAD',
      /added_tokens_decoder/,
    ],
    ['a negative id', { ...tinyModel, 'added_tokens.json': '{"x":-1}' }, 'TOKENIZER_SETTING_BAD', /added_tokens\.json/],
    [
      'settings that are no JSON',
      { ...tinyModel, 'tokenizer_config.json': '{' },
      'JSON_MALFORMED',
      /tokenizer_config\.json/,
    ],
    ['a list for tokenizer.json', { ...tinyModel, 'tokenizer.json': '[]' }, 'JSON_NOT_OBJECT', /tokenizer\.json/],
    ['a deep tokenizer.json', { ...tinyModel, 'tokenizer.json': '['.repeat(65) }, 'JSON_TOO_DEEP', /tokenizer\.json/],
    [
      'bytes that are no text',
      { ...tinyModel, 'vocab.txt': Uint8Array.of(0xff, 0x0a) },
      'VOCABULARY_BAD',
      /vocab\.txt is not UTF-8/,
    ],
    ['an empty vocabulary', { ...tinyModel, 'vocab.txt': '' }, 'VOCABULARY_BAD', /vocab\.txt has 0 tokens/],
    ['an id that is no number', { ...robertaFiles, 'vocab.json': '{"a":"0"}' }, 'VOCABULARY_BAD', /'a' the id '0'/],
    [
      'an id that is an object',
      { ...robertaFiles, 'vocab.json': '{"a":{"toString":1}}' },
      'JSON_TOO_DEEP',
      /vocab\.json/,
    ],
    ['a huge id', { ...robertaFiles, 'vocab.json': '{"a":1e15}' }, 'VOCABULARY_BAD', /1000000000000000/],
    ['a merge of three', { ...robertaFiles, 'merges.txt': 'h i x\n' }, 'MERGES_BAD', /'h i x' on line 1/],
    ['a merge of unknown tokens', { ...robertaFiles, 'merges.txt': 'h i\nh x\n' }, 'MERGES_BAD', /'h x' on line 2/],
    ['a merge into an unknown token', { ...robertaFiles, 'merges.txt': 'i h\n' }, 'MERGES_BAD', /'i h' on line 1/],
  ])('from %s', async (_name, files, code, what) => {
    const refusal = await refuseFiles(files);

    expect(refusal).toEqual({ code, what: expect.stringMatching(what) });
  });
});
