import {
  applyLinear,
  applyNorm,
  embedding,
  type LinearWeights,
  linearWeights,
  multiHeadAttention,
} from '../graph/layers.ts';
import { add, multiply, splitLast } from '../graph/operators.ts';
import { type Activation, activate, activationNamed } from './activation.ts';
import { LIMITS } from './config.ts';
import { dropTokenAxis, type FamilyContext, firstToken, linearFrom, readNorm } from './encoder.ts';
import { familyErrors } from './errors.ts';
import { distanceBias, distanceTable, firstQueryBias } from './relative-bias.ts';
import { type Rotation, rotate, rotation } from './rotary.ts';
import { meanOfTokens } from './token-mask.ts';

interface Sizes {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly headCount: number;
  readonly positions: number;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly normBias: boolean;
  readonly attentionBias: boolean;
  readonly feedForwardBias: boolean;
}

/** What a layer attends to: rotation, and for layers with a window the bias that closes it. */
interface Attention {
  readonly rotation: Rotation;
  readonly bias: string | undefined;
  /** The same for the first token alone. */
  readonly firstBias: string | undefined;
}

type LayerType = 'full_attention' | 'sliding_attention';

/** Far below any score, yet finite: a row of padding that sees nothing must not become NaN. */
const OUTSIDE_WINDOW = -1e9;

/** ModernBERT: norm first, gated feed-forward, rotary positions, most layers with a local window. */
export function buildModernBert(context: FamilyContext): string {
  const { graph, config, tensors, inputIds, labelCount } = context;
  const sizes = readSizes(context);
  const { hidden, epsilon, normBias: bias } = sizes;
  const mean = config.text('classifier_pooling', 'cls') === 'mean';
  const vocabulary = config.integer('vocab_size', { min: 1, max: LIMITS.vocabulary, fallback: 50_368 });

  const table = tensors.read('embeddings.tok_embeddings.weight', [vocabulary, hidden]);
  const words = embedding(graph, inputIds, table, { name: 'embeddings.word', width: hidden });
  const embeddingNorm = readNorm(context, 'embeddings.norm', 'embeddings.norm', hidden, { bias });
  let x = applyNorm(graph, words, embeddingNorm, { name: 'embeddings.norm', epsilon });

  const attentions = new Map<LayerType, Attention>();
  for (const [index, type] of layerTypes(context, sizes.layers).entries()) {
    const attention = attentions.get(type) ?? attentionOf(context, type, sizes);
    attentions.set(type, attention);
    x = layer(context, x, sizes, { index, attention, firstTokenOnly: !mean && index === sizes.layers - 1 });
  }

  const finalNorm = readNorm(context, 'final_norm', 'final_norm', hidden, { bias });
  const encoded = applyNorm(graph, x, finalNorm, { name: 'final_norm', epsilon });
  const pooled = mean ? meanOfTokens(context, encoded, 'mean') : dropTokenAxis(graph, encoded, 'first_token');
  const dense = linearFrom(context, pooled, 'head.dense', 'pooler', [hidden, hidden], {
    bias: config.boolean('classifier_bias', false),
  });
  const activation = activationNamed(config.text('classifier_activation', 'gelu'), 'classifier_activation');
  const activated = activate(graph, dense, activation, 'pooler.activation');
  const headNorm = readNorm(context, 'head.norm', 'pooler.norm', hidden, { bias });
  const normed = applyNorm(graph, activated, headNorm, { name: 'pooler.norm', epsilon });
  return linearFrom(context, normed, 'classifier', 'classifier', [hidden, labelCount]);
}

function readSizes({ config }: FamilyContext): Sizes {
  config.only('classifier_pooling', 'cls', 'mean');
  const headCount = config.integer('num_attention_heads', { min: 1, max: LIMITS.heads, fallback: 12 });
  const hidden = config.multiple('hidden_size', { of: headCount, max: LIMITS.hidden, fallback: 768 });
  config.only('head_dim', hidden / headCount);
  return {
    layers: config.integer('num_hidden_layers', { min: 1, max: LIMITS.layers, fallback: 22 }),
    hidden,
    intermediate: config.integer('intermediate_size', { min: 1, max: LIMITS.intermediate, fallback: 1152 }),
    headCount,
    positions: config.integer('max_position_embeddings', { min: 1, max: LIMITS.positions, fallback: 8192 }),
    epsilon: config.positive('norm_eps', 1e-5),
    activation: activationNamed(config.text('hidden_activation', 'gelu'), 'hidden_activation'),
    normBias: config.boolean('norm_bias', false),
    attentionBias: config.boolean('attention_bias', false),
    feedForwardBias: config.boolean('mlp_bias', false),
  };
}

/** `layer_types` as newer versions write it, or every n-th layer global as older ones mean it. */
function layerTypes({ config }: FamilyContext, layers: number): LayerType[] {
  const listed = config.texts('layer_types');
  const every = config.integer('global_attn_every_n_layers', { min: 1, max: LIMITS.layers, fallback: 3 });
  if (listed === undefined) {
    return Array.from({ length: layers }, (_, index) => (index % every === 0 ? 'full_attention' : 'sliding_attention'));
  }
  const types = listed.filter((type) => type === 'full_attention' || type === 'sliding_attention');
  if (types.length !== layers || listed.length !== layers) {
    throw familyErrors.make(
      'FAMILY_CONFIG_RANGE',
      `config.json: layer_types names ${types.length} known layers of ${listed.length}, not the ${layers} of num_hidden_layers`,
    );
  }
  return types;
}

function attentionOf(context: FamilyContext, type: LayerType, sizes: Sizes): Attention {
  const { config } = context;
  const full = type === 'full_attention';
  config.only('rope_scaling');
  const parameters = config.section('rope_parameters')?.section(type);
  parameters?.only('rope_type', 'default');
  const older = full ? config.positive('global_rope_theta', 160_000) : config.positive('local_rope_theta', 10_000);
  const theta = parameters?.positive('rope_theta', older) ?? older;
  const headSize = sizes.hidden / sizes.headCount;
  const name = full ? 'attention.global' : 'attention.local';
  const window = Math.floor(config.integer('local_attention', { min: 0, max: LIMITS.positions, fallback: 128 }) / 2);
  const turned = rotation(context, { name: `${name}.rotation`, theta, headSize });
  if (full) return { rotation: turned, bias: undefined, firstBias: undefined };
  const bias = windowBias(context, window, sizes.positions, name);
  return { rotation: turned, bias, firstBias: firstQueryBias(context.graph, bias, `${name}.first_window`) };
}

function windowBias(context: FamilyContext, window: number, positions: number, name: string): string {
  const table = distanceTable(1, positions, (_, distance) => (Math.abs(distance) <= window ? 0 : OUTSIDE_WINDOW));
  return distanceBias(context, table, { name: `${name}.window`, heads: 1, positions });
}

interface LayerUse {
  readonly index: number;
  readonly attention: Attention;
  readonly firstTokenOnly: boolean;
}

function layer(context: FamilyContext, x: string, sizes: Sizes, use: LayerUse): string {
  const { graph } = context;
  const { hidden, intermediate, epsilon, normBias } = sizes;
  const name = `layer.${use.index}`;
  const source = `layers.${use.index}`;
  // The first layer's attention reads the embeddings' norm as it is.
  const normed =
    use.index === 0
      ? x
      : applyNorm(
          graph,
          x,
          readNorm(context, `${source}.attn_norm`, `${name}.attention.norm`, hidden, { bias: normBias }),
          { name: `${name}.attention.norm`, epsilon },
        );
  const attended = attend(context, normed, sizes, use);
  const projected = linearFrom(context, attended, `${source}.attn.Wo`, `${name}.attention.output`, [hidden, hidden], {
    bias: sizes.attentionBias,
  });
  const residual = use.firstTokenOnly ? firstToken(graph, x, `${name}.first_token`) : x;
  const attention = add(graph, residual, projected, `${name}.attention.residual`);

  const norm = readNorm(context, `${source}.mlp_norm`, `${name}.feed_forward.norm`, hidden, { bias: normBias });
  const feedForward = applyNorm(graph, attention, norm, { name: `${name}.feed_forward.norm`, epsilon });
  const bias = sizes.feedForwardBias;
  const inSizes = [hidden, 2 * intermediate] as const;
  const wide = linearFrom(context, feedForward, `${source}.mlp.Wi`, `${name}.feed_forward.in`, inSizes, { bias });
  const [input = '', gate = ''] = splitLast(graph, wide, [intermediate, intermediate], `${name}.feed_forward.split`);
  const activated = activate(graph, input, sizes.activation, `${name}.feed_forward.activation`);
  const gated = multiply(graph, activated, gate, `${name}.feed_forward.gated`);
  const outSizes = [intermediate, hidden] as const;
  const narrow = linearFrom(context, gated, `${source}.mlp.Wo`, `${name}.feed_forward.out`, outSizes, { bias });
  return add(graph, attention, narrow, `${name}.output.residual`);
}

function attend(context: FamilyContext, x: string, sizes: Sizes, use: LayerUse): string {
  const { graph, lengths } = context;
  const { hidden, headCount } = sizes;
  const { attention, firstTokenOnly } = use;
  const name = `layer.${use.index}`;
  const wqkv = `layers.${use.index}.attn.Wqkv`;
  const [query = '', key = '', value = ''] = firstTokenOnly
    ? firstTokenProjections(context, x, sizes, wqkv, name)
    : splitLast(
        graph,
        linearFrom(context, x, wqkv, `${name}.attention.qkv`, [hidden, 3 * hidden], { bias: sizes.attentionBias }),
        [hidden, hidden, hidden],
        `${name}.split`,
      );
  const turn = (vectors: string, turned: string): string =>
    rotate(graph, vectors, attention.rotation, `${name}.attention.${turned}`, headCount);
  return multiHeadAttention(
    graph,
    {
      // Position 0 is not rotated.
      query: firstTokenOnly ? query : turn(query, 'query_rotated'),
      key: turn(key, 'key_rotated'),
      value,
      lengths,
      bias: firstTokenOnly ? attention.firstBias : attention.bias,
    },
    { name: `${name}.attention`, headCount },
  );
}

function firstTokenProjections(
  context: FamilyContext,
  x: string,
  sizes: Sizes,
  source: string,
  name: string,
): [query: string, key: string, value: string] {
  const { graph, tensors } = context;
  const { hidden } = sizes;
  const weight = tensors.read(`${source}.weight`, [3 * hidden, hidden]);
  const bias = sizes.attentionBias ? tensors.read(`${source}.bias`, [3 * hidden]) : undefined;
  const part = (start: number, count: number, layerName: string): LinearWeights =>
    linearWeights(
      graph,
      weight.subarray(start * hidden * hidden, (start + count) * hidden * hidden),
      bias?.slice(start * hidden, (start + count) * hidden),
      { name: layerName, inFeatures: hidden, outFeatures: count * hidden },
    );
  const first = firstToken(graph, x, `${name}.first_normed`);
  const query = applyLinear(graph, first, part(0, 1, `${name}.attention.query`), `${name}.attention.query`);
  const fused = applyLinear(graph, x, part(1, 2, `${name}.attention.kv`), `${name}.attention.kv`);
  const [key = '', value = ''] = splitLast(graph, fused, [hidden, hidden], `${name}.split`);
  return [query, key, value];
}
