import { applyNorm } from '../graph/layers.ts';
import { activationNamed } from './activation.ts';
import { LIMITS } from './config.ts';
import { type FamilyContext, positionRange, readNorm, sumEmbeddings } from './encoder.ts';
import { pooledHead, tokenHead } from './heads.ts';
import { type LayerSizes, type LayerSource, postNormLayer, readLayer } from './post-norm-layer.ts';

/** Hard-wired in the reference; config.json has no key for it. */
const EPSILON = 1e-12;

/** DistilBERT: BERT's layers under other names, no token types, and a ReLU in the head. */
export function buildDistilBert(context: FamilyContext): string {
  const { graph, config, tensors, task } = context;
  const headCount = config.integer('n_heads', { min: 1, max: LIMITS.heads, fallback: 12 });
  const sizes: LayerSizes = {
    hidden: config.multiple('dim', { of: headCount, max: LIMITS.hidden, fallback: 768 }),
    intermediate: config.integer('hidden_dim', { min: 1, max: LIMITS.intermediate, fallback: 3072 }),
    headCount,
    epsilon: EPSILON,
    activation: activationNamed(config.text('activation', 'gelu'), 'activation'),
  };
  const { hidden } = sizes;
  const layers = config.integer('n_layers', { min: 1, max: LIMITS.layers, fallback: 6 });
  const vocabulary = config.integer('vocab_size', { min: 1, max: LIMITS.vocabulary, fallback: 30_522 });
  const positions = config.integer('max_position_embeddings', { min: 1, max: LIMITS.positions, fallback: 512 });

  const words = tensors.read('embeddings.word_embeddings.weight', [vocabulary, hidden]);
  // Sinusoidal positions stand in the checkpoint like learned ones.
  const table = tensors.read('embeddings.position_embeddings.weight', [positions, hidden]);
  const sum = sumEmbeddings(context, words, { ids: positionRange(context), table }, hidden);
  const norm = readNorm(context, 'embeddings.LayerNorm', 'embeddings.norm', hidden);
  let encoded = applyNorm(graph, sum, norm, { name: 'embeddings.norm', epsilon: EPSILON });
  for (let index = 0; index < layers; index += 1) {
    const firstTokenOnly = task === 'text-classification' && index === layers - 1;
    const name = `layer.${index}`;
    const weights = readLayer(context, layerSource(index), name, sizes, { apart: firstTokenOnly });
    encoded = postNormLayer(context, encoded, weights, sizes, { name, firstTokenOnly });
  }
  if (task === 'token-classification') return tokenHead(context, encoded, hidden);
  return pooledHead(context, encoded, hidden, { pooler: 'pre_classifier', activation: 'relu', out: 'classifier' });
}

function layerSource(index: number): LayerSource {
  const layer = `transformer.layer.${index}`;
  return {
    query: `${layer}.attention.q_lin`,
    key: `${layer}.attention.k_lin`,
    value: `${layer}.attention.v_lin`,
    attentionOutput: `${layer}.attention.out_lin`,
    attentionNorm: `${layer}.sa_layer_norm`,
    feedForwardIn: `${layer}.ffn.lin1`,
    feedForwardOut: `${layer}.ffn.lin2`,
    outputNorm: `${layer}.output_layer_norm`,
  };
}
