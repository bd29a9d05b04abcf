import { applyLinear, applyNorm, embedding, linearWeights } from '../graph/layers.ts';
import { activationNamed } from './activation.ts';
import { BERT_DEFAULTS, type BertDefaults, type BertSizes, bertLayer, readBertSizes } from './bert.ts';
import { LIMITS } from './config.ts';
import { disentangledAttention } from './deberta-attention.ts';
import { convolve } from './deberta-convolution.ts';
import { addRow, type FamilyContext, firstToken, positionRange, readNorm, sumEmbeddings } from './encoder.ts';
import { pooledHead } from './heads.ts';
import { type LayerSource, postNormLayer, readLayer } from './post-norm-layer.ts';

const DEBERTA_DEFAULTS: BertDefaults = {
  ...BERT_DEFAULTS,
  layers: 24,
  hidden: 1536,
  intermediate: 6144,
  heads: 24,
  epsilon: 1e-7,
  vocabulary: 128_100,
  tokenTypes: 0,
};

/** DeBERTa v2 and v3: BERT's layers with disentangled attention and, in the largest, a convolution after the first. */
export function buildDebertaV2(context: FamilyContext): string {
  const { config } = context;
  const sizes = readBertSizes(config, DEBERTA_DEFAULTS);
  const { hidden, layers, headCount } = sizes;
  config.only('attention_head_size', hidden / headCount);
  config.only('pooler_hidden_size', hidden);
  const kernelSize = config.integer('conv_kernel_size', { min: 0, max: 63, fallback: 0 });
  const attentionOf = disentangledAttention(context, sizes);

  const embedded = embeddings(context, sizes);
  let encoded = embedded;
  for (let index = 0; index < layers; index += 1) {
    const convolved = kernelSize > 0 && index === 0;
    // The convolution reads every token of the first layer, even where that is also the last.
    const firstTokenOnly = index === layers - 1 && !convolved;
    const name = `layer.${index}`;
    const weights = readLayer(context, layerSource(index), name, sizes, { apart: firstTokenOnly });
    const use = { name, firstTokenOnly, attention: attentionOf(index, firstTokenOnly) };
    encoded = postNormLayer(context, encoded, weights, sizes, use);
    if (convolved) encoded = convolve(context, { embedded, encoded }, sizes, kernelSize);
    if (index === layers - 1 && !firstTokenOnly) encoded = firstToken(context.graph, encoded, 'last.first_token');
  }
  const activation = activationNamed(config.text('pooler_hidden_act', 'gelu'), 'pooler_hidden_act');
  return pooledHead(context, encoded, hidden, { pooler: 'pooler.dense', activation, out: 'classifier' });
}

function embeddings(context: FamilyContext, sizes: BertSizes): string {
  const { graph, config, tensors, inputIds } = context;
  const { hidden, epsilon } = sizes;
  const width = config.integer('embedding_size', { min: 1, max: LIMITS.hidden, fallback: hidden });
  const positioned = config.boolean('position_biased_input', true);
  let words = tensors.read('embeddings.word_embeddings.weight', [sizes.vocabulary, width]);
  let table = positioned ? tensors.read('embeddings.position_embeddings.weight', [sizes.positions, width]) : undefined;
  if (sizes.tokenTypes > 0) {
    const types = tensors.read('embeddings.token_type_embeddings.weight', [sizes.tokenTypes, width]);
    if (table === undefined) words = addRow(words, types.subarray(0, width));
    else table = addRow(table, types.subarray(0, width));
  }
  let embedded =
    table === undefined
      ? embedding(graph, inputIds, words, { name: 'embeddings.word', width })
      : sumEmbeddings(context, words, { ids: positionRange(context), table }, width);
  if (width !== hidden) {
    const name = 'embeddings.projection';
    const weight = tensors.read('embeddings.embed_proj.weight', [hidden, width]);
    const weights = linearWeights(graph, weight, undefined, { name, inFeatures: width, outFeatures: hidden });
    embedded = applyLinear(graph, embedded, weights, name);
  }
  const norm = readNorm(context, 'embeddings.LayerNorm', 'embeddings.norm', hidden);
  return applyNorm(graph, embedded, norm, { name: 'embeddings.norm', epsilon });
}

function layerSource(index: number): LayerSource {
  const attention = `encoder.layer.${index}.attention.self`;
  return {
    ...bertLayer(index),
    query: `${attention}.query_proj`,
    key: `${attention}.key_proj`,
    value: `${attention}.value_proj`,
  };
}
