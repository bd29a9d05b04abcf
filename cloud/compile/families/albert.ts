import { BERT_DEFAULTS, type BertDefaults, bertEmbeddings, readBertSizes } from './bert.ts';
import { LIMITS } from './config.ts';
import { type FamilyContext, linearFrom, positionRange } from './encoder.ts';
import { pooledHead } from './heads.ts';
import { type LayerSource, type LayerWeights, postNormLayer, readLayer } from './post-norm-layer.ts';

const ALBERT_DEFAULTS: BertDefaults = {
  ...BERT_DEFAULTS,
  hidden: 4096,
  intermediate: 16_384,
  heads: 64,
  activation: 'gelu_new',
  vocabulary: 30_000,
};

/** ALBERT: narrow embeddings and a few groups of layers used again and again; their weights stand in the file once. */
export function buildAlbert(context: FamilyContext): string {
  const { config } = context;
  const sizes = readBertSizes(config, ALBERT_DEFAULTS);
  const width = config.integer('embedding_size', { min: 1, max: LIMITS.hidden, fallback: 128 });
  const groupCount = config.integer('num_hidden_groups', { min: 1, max: sizes.layers, fallback: 1 });
  const innerCount = config.integer('inner_group_num', { min: 1, max: LIMITS.layers, fallback: 1 });
  const groups: LayerWeights[][] = Array.from({ length: groupCount }, (_, group) =>
    Array.from({ length: innerCount }, (_, inner) =>
      readLayer(context, layerSource(group, inner), `group.${group}.${inner}`, sizes, { apart: false }),
    ),
  );

  const embedded = bertEmbeddings(context, sizes, width, positionRange(context));
  const mapping = 'encoder.embedding_hidden_mapping_in';
  let encoded = linearFrom(context, embedded, mapping, 'embeddings.projection', [width, sizes.hidden]);
  const order = Array.from({ length: sizes.layers }, (_, index) => {
    const group = groups[Math.trunc(index / (sizes.layers / groupCount))] ?? [];
    return group;
  }).flat();
  for (const [index, weights] of order.entries()) {
    const firstTokenOnly = index === order.length - 1;
    encoded = postNormLayer(context, encoded, weights, sizes, { name: `layer.${index}`, firstTokenOnly });
  }
  return pooledHead(context, encoded, sizes.hidden, { pooler: 'pooler', activation: 'tanh', out: 'classifier' });
}

function layerSource(group: number, inner: number): LayerSource {
  const layer = `encoder.albert_layer_groups.${group}.albert_layers.${inner}`;
  return {
    query: `${layer}.attention.query`,
    key: `${layer}.attention.key`,
    value: `${layer}.attention.value`,
    attentionOutput: `${layer}.attention.dense`,
    attentionNorm: `${layer}.attention.LayerNorm`,
    feedForwardIn: `${layer}.ffn`,
    feedForwardOut: `${layer}.ffn_output`,
    outputNorm: `${layer}.full_layer_layer_norm`,
  };
}
