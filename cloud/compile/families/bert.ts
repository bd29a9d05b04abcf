import { applyNorm } from '../graph/layers.ts';
import { activationNamed } from './activation.ts';
import { type ConfigReader, LIMITS } from './config.ts';
import { addRow, type FamilyContext, positionRange, readNorm, sumEmbeddings } from './encoder.ts';
import { pooledHead, tokenHead } from './heads.ts';
import { type LayerSizes, type LayerSource, postNormLayer, readLayer } from './post-norm-layer.ts';

/** Sizes under the names that BERT's config.json and its many children use. */
export interface BertSizes extends LayerSizes {
  readonly layers: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly tokenTypes: number;
}

/** What transformers assumes where config.json is silent; each family has its own. */
export interface BertDefaults {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly activation: string;
  readonly epsilon: number;
  readonly vocabulary: number;
  readonly tokenTypes: number;
}

/** Defaults of `BertConfig`; its children differ in a few of them. */
export const BERT_DEFAULTS: BertDefaults = {
  layers: 12,
  hidden: 768,
  intermediate: 3072,
  heads: 12,
  activation: 'gelu',
  epsilon: 1e-12,
  vocabulary: 30_522,
  tokenTypes: 2,
};

/** Reads and checks what BERT, RoBERTa, ELECTRA, MPNet, ALBERT and DeBERTa name alike. */
export function readBertSizes(config: ConfigReader, defaults: BertDefaults): BertSizes {
  config.only('is_decoder', false);
  config.only('add_cross_attention', false);
  config.only('position_embedding_type', 'absolute');
  const { tokenTypes, vocabulary, intermediate, hidden, layers } = defaults;
  const headCount = config.integer('num_attention_heads', { min: 1, max: LIMITS.heads, fallback: defaults.heads });
  return {
    layers: config.integer('num_hidden_layers', { min: 1, max: LIMITS.layers, fallback: layers }),
    hidden: config.multiple('hidden_size', { of: headCount, max: LIMITS.hidden, fallback: hidden }),
    intermediate: config.integer('intermediate_size', { min: 1, max: LIMITS.intermediate, fallback: intermediate }),
    headCount,
    epsilon: config.positive('layer_norm_eps', defaults.epsilon),
    activation: activationNamed(config.text('hidden_act', defaults.activation), 'hidden_act'),
    vocabulary: config.integer('vocab_size', { min: 1, max: LIMITS.vocabulary, fallback: vocabulary }),
    positions: config.integer('max_position_embeddings', { min: 1, max: LIMITS.positions, fallback: 512 }),
    tokenTypes: config.integer('type_vocab_size', { min: 0, max: LIMITS.tokenTypes, fallback: tokenTypes }),
  };
}

/** BERT with a pooler and a linear head for texts, or a linear head on each token. */
export function buildBert(context: FamilyContext): string {
  const sizes = readBertSizes(context.config, BERT_DEFAULTS);
  const positions = positionRange(context);
  const embedded = bertEmbeddings(context, sizes, sizes.hidden, positions);
  const encoded = bertEncoder(context, embedded, sizes);
  if (context.task === 'token-classification') return tokenHead(context, encoded, sizes.hidden);
  return pooledHead(context, encoded, sizes.hidden, { pooler: 'pooler.dense', activation: 'tanh', out: 'classifier' });
}

/** Word, position and token type 0 embeddings, normalised: [batch, sequence, width]. */
export function bertEmbeddings(context: FamilyContext, sizes: BertSizes, width: number, positionIds: string): string {
  const { graph, tensors } = context;
  const words = tensors.read('embeddings.word_embeddings.weight', [sizes.vocabulary, width]);
  let table = tensors.read('embeddings.position_embeddings.weight', [sizes.positions, width]);
  if (sizes.tokenTypes > 0) {
    const types = tensors.read('embeddings.token_type_embeddings.weight', [sizes.tokenTypes, width]);
    table = addRow(table, types.subarray(0, width));
  }
  const sum = sumEmbeddings(context, words, { ids: positionIds, table }, width);
  const norm = readNorm(context, 'embeddings.LayerNorm', 'embeddings.norm', width);
  return applyNorm(graph, sum, norm, { name: 'embeddings.norm', epsilon: sizes.epsilon });
}

/** All layers under BERT's tensor names; the last one for the first token only where the head reads no other. */
export function bertEncoder(context: FamilyContext, x: string, sizes: BertSizes): string {
  let hidden = x;
  for (let index = 0; index < sizes.layers; index += 1) {
    const firstTokenOnly = context.task === 'text-classification' && index === sizes.layers - 1;
    const name = `layer.${index}`;
    const weights = readLayer(context, bertLayer(index), name, sizes, { apart: firstTokenOnly });
    hidden = postNormLayer(context, hidden, weights, sizes, { name, firstTokenOnly });
  }
  return hidden;
}

/** BERT's names for the tensors of a layer. */
export function bertLayer(index: number): LayerSource {
  const layer = `encoder.layer.${index}`;
  return {
    query: `${layer}.attention.self.query`,
    key: `${layer}.attention.self.key`,
    value: `${layer}.attention.self.value`,
    attentionOutput: `${layer}.attention.output.dense`,
    attentionNorm: `${layer}.attention.output.LayerNorm`,
    feedForwardIn: `${layer}.intermediate.dense`,
    feedForwardOut: `${layer}.output.dense`,
    outputNorm: `${layer}.output.LayerNorm`,
  };
}
