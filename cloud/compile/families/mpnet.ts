import { applyNorm } from '../graph/layers.ts';
import { BERT_DEFAULTS, type BertDefaults, readBertSizes } from './bert.ts';
import { type FamilyContext, readNorm, sumEmbeddings } from './encoder.ts';
import { pooledHead } from './heads.ts';
import { type LayerSource, postNormLayer, readLayer } from './post-norm-layer.ts';
import { distanceBias, distanceTable, firstQueryBias } from './relative-bias.ts';
import { positionsAfterPadding } from './roberta.ts';

const MPNET_DEFAULTS: BertDefaults = { ...BERT_DEFAULTS, vocabulary: 30_527 };

/** Hard-wired in the reference, whatever config.json says. */
const PAD_TOKEN_ID = 1;
/** The reference sizes its table by `relative_attention_num_buckets`, but only ever uses these. */
const BUCKETS = 32;
const MAX_DISTANCE = 128;

/** MPNet: BERT's layers with a bias by distance, learned per bucket and shared by all layers. */
export function buildMpnet(context: FamilyContext): string {
  const { graph, config, tensors } = context;
  const sizes = { ...readBertSizes(config, MPNET_DEFAULTS), tokenTypes: 0 };
  const { hidden, headCount, positions } = sizes;
  const bucketCount = config.integer('relative_attention_num_buckets', { min: BUCKETS, max: 4096, fallback: BUCKETS });

  const words = tensors.read('embeddings.word_embeddings.weight', [sizes.vocabulary, hidden]);
  const table = tensors.read('embeddings.position_embeddings.weight', [positions, hidden]);
  const ids = positionsAfterPadding(context, PAD_TOKEN_ID, 'positions');
  const sum = sumEmbeddings(context, words, { ids, table }, hidden);
  const norm = readNorm(context, 'embeddings.LayerNorm', 'embeddings.norm', hidden);
  let encoded = applyNorm(graph, sum, norm, { name: 'embeddings.norm', epsilon: sizes.epsilon });

  const buckets = tensors.read('encoder.relative_attention_bias.weight', [bucketCount, headCount]);
  const bias = distanceTable(headCount, positions, (head, distance) => {
    return buckets[distanceBucket(distance) * headCount + head] ?? 0;
  });
  const all = distanceBias(context, bias, { name: 'attention.distance_bias', heads: headCount, positions });
  const first = firstQueryBias(graph, all, 'attention.first_bias');

  for (let index = 0; index < sizes.layers; index += 1) {
    const firstTokenOnly = index === sizes.layers - 1;
    const name = `layer.${index}`;
    const weights = readLayer(context, layerSource(index), name, sizes, { apart: firstTokenOnly });
    const attention = { bias: () => (firstTokenOnly ? first : all) };
    encoded = postNormLayer(context, encoded, weights, sizes, { name, firstTokenOnly, attention });
  }
  const head = { pooler: 'classifier.dense', activation: 'tanh', out: 'classifier.out_proj' } as const;
  return pooledHead(context, encoded, hidden, head);
}

/**
 * Bucket of a distance key − query: half of the buckets for each side, and of these the near half one distance each,
 * the far half logarithmic. Rounded to float32 at every step, as the reference computes it.
 */
export function distanceBucket(distance: number): number {
  const perSide = BUCKETS / 2;
  const exact = perSide / 2;
  const side = distance > 0 ? perSide : 0;
  const size = Math.abs(distance);
  if (size < exact) return side + size;
  const { fround, log } = Math;
  const far = fround(fround(log(fround(size / exact))) / fround(log(MAX_DISTANCE / exact)));
  return side + Math.min(perSide - 1, exact + Math.trunc(fround(far * (perSide - exact))));
}

function layerSource(index: number): LayerSource {
  const layer = `encoder.layer.${index}`;
  return {
    query: `${layer}.attention.attn.q`,
    key: `${layer}.attention.attn.k`,
    value: `${layer}.attention.attn.v`,
    attentionOutput: `${layer}.attention.attn.o`,
    attentionNorm: `${layer}.attention.LayerNorm`,
    feedForwardIn: `${layer}.intermediate.dense`,
    feedForwardOut: `${layer}.output.dense`,
    outputNorm: `${layer}.output.LayerNorm`,
  };
}
