import fc from 'fast-check';
import { describe, it } from 'vitest';
import { buildGraph } from '../../../../../cloud/compile/families/build-graph.ts';
import { createTokenizer } from '../../../../../component/text/create-tokenizer.ts';
import { mutated } from '../../../../support/hostile/mutations.ts';
import { checkRefusal, openFiles } from '../../../../support/hostile/refusal.ts';
import { tinyModel } from '../../../../support/hostile/tiny-model.ts';

/** Every key of the files that opening or building looks at. */
const config = {
  model_type: 'roberta',
  architectures: ['RobertaForSequenceClassification'],
  id2label: { 0: 'no', 1: 'yes' },
  num_labels: 2,
  problem_type: 'single_label_classification',
  max_position_embeddings: 16,
  pad_token_id: 1,
  vocab_size: 10,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 12,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-5,
};
const tokenizerConfig = {
  tokenizer_class: 'BertTokenizer',
  model_max_length: 128,
  do_lower_case: true,
  strip_accents: null,
  cls_token: '[CLS]',
  sep_token: { content: '[SEP]', lstrip: false },
  additional_special_tokens: ['[A]'],
  added_tokens_decoder: { 7: { content: '[B]', special: true } },
};
const files: Record<string, Uint8Array | string> = {
  ...tinyModel,
  'config.json': JSON.stringify(config),
  'tokenizer_config.json': JSON.stringify(tokenizerConfig),
  'special_tokens_map.json': JSON.stringify({ pad_token: '[PAD]' }),
  'added_tokens.json': JSON.stringify({ '[C]': 9 }),
};
const texts = Object.keys(files).filter((name) => name !== 'model.safetensors');

/** Values that are likely to be taken for something else. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(-1, -0, 0, 0.5, 2 ** 31, 2 ** 53, 1e300, '', '0', 'constructor', '__proto__', [], {}, [[]], {
    length: 1e9,
  }),
  fc.constant({ toString: 1, valueOf: 1, toJSON: 1 }),
);

async function openBuildAndTokenise(changed: Record<string, Uint8Array | string>): Promise<void> {
  try {
    const checkpoint = await openFiles(changed);
    createTokenizer(checkpoint.tokenizerJson).encode('hello world', checkpoint.maxLength);
    buildGraph(checkpoint);
  } catch (error) {
    checkRefusal(error);
  }
}

describe('the text files of a model', () => {
  it('open or are refused as the sender should mend them, whatever bytes are changed', async () => {
    const change = fc
      .constantFrom(...texts)
      .chain((name) => mutated(Buffer.from(files[name] ?? '')).map((bytes) => ({ [name]: bytes })));
    await fc.assert(
      fc.asyncProperty(change, (changed) => openBuildAndTokenise({ ...files, ...changed })),
      { numRuns: 150 },
    );
  });

  it('open or are refused as the sender should mend them, whatever values are changed', async () => {
    const changeOf = (name: string, object: object) =>
      fc
        .dictionary(fc.constantFrom(...Object.keys(object)), odd, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
        .map((values) => ({ [name]: JSON.stringify({ ...object, ...values }) }));
    const change = fc.oneof(changeOf('config.json', config), changeOf('tokenizer_config.json', tokenizerConfig));
    await fc.assert(
      fc.asyncProperty(change, (changed) => openBuildAndTokenise({ ...files, ...changed })),
      { numRuns: 300 },
    );
  });
});
