import type { GraphBuilder } from '../graph/builder.ts';
import { applyLinear, applyNorm, type LinearWeights, multiHeadAttention, type NormWeights } from '../graph/layers.ts';
import { add, splitLast } from '../graph/operators.ts';
import { type Activation, activate } from './activation.ts';
import { type FamilyContext, firstToken, readFusedLinear, readLinear, readNorm } from './encoder.ts';

/** Sizes and constants that all layers of an encoder share. */
export interface LayerSizes {
  readonly hidden: number;
  readonly intermediate: number;
  readonly headCount: number;
  readonly epsilon: number;
  readonly activation: Activation;
}

/** Where a layer's tensors stand in the checkpoint (names without `.weight` and `.bias`). */
export interface LayerSource {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly feedForwardIn: string;
  readonly feedForwardOut: string;
  readonly outputNorm: string;
}

/** One layer's initialisers. */
export interface LayerWeights {
  /** Query, key and value in one, where all tokens ask. */
  readonly qkv: LinearWeights | undefined;
  /** Query alone, where only the first token asks. */
  readonly query: LinearWeights | undefined;
  readonly keyValue: LinearWeights | undefined;
  readonly attentionOutput: LinearWeights;
  readonly attentionNorm: NormWeights;
  readonly feedForwardIn: LinearWeights;
  readonly feedForwardOut: LinearWeights;
  readonly outputNorm: NormWeights;
}

/** Reads a layer's weights into initialisers that start with `name`. `apart`: query beside key and value, not fused. */
export function readLayer(
  context: FamilyContext,
  source: LayerSource,
  name: string,
  { hidden, intermediate }: LayerSizes,
  { apart }: { readonly apart: boolean },
): LayerWeights {
  const square = [hidden, hidden] as const;
  const { query, key, value } = source;
  return {
    qkv: apart ? undefined : readFusedLinear(context, [query, key, value], `${name}.attention.qkv`, square),
    query: apart ? readLinear(context, query, `${name}.attention.query`, square) : undefined,
    keyValue: apart ? readFusedLinear(context, [key, value], `${name}.attention.kv`, square) : undefined,
    attentionOutput: readLinear(context, source.attentionOutput, `${name}.attention.output`, square),
    attentionNorm: readNorm(context, source.attentionNorm, `${name}.attention.norm`, hidden),
    feedForwardIn: readLinear(context, source.feedForwardIn, `${name}.feed_forward.in`, [hidden, intermediate]),
    feedForwardOut: readLinear(context, source.feedForwardOut, `${name}.feed_forward.out`, [intermediate, hidden]),
    outputNorm: readNorm(context, source.outputNorm, `${name}.output.norm`, hidden),
  };
}

/** How a layer is applied. */
export interface LayerUse {
  readonly name: string;
  /** Computes the layer for the first token only (keys and values for all): exact for heads that read no other (P5). */
  readonly firstTokenOnly: boolean;
  readonly attention?: LayerAttention;
}

/** How a layer's attention departs from BERT's. */
export interface LayerAttention {
  /** Makes what is added to the scores, [1 or batch, heads, queries, sequence], from query and key projections. */
  readonly bias?: (query: string, key: string) => string;
  /** Instead of 1 / √(size of a head). */
  readonly scale?: number;
}

/**
 * A transformer layer as BERT has it: attention, add, norm; feed-forward, add, norm.
 * [batch, sequence, hidden] → the same, or [batch, 1, hidden] with `firstTokenOnly`.
 */
export function postNormLayer(
  { graph, lengths }: FamilyContext,
  x: string,
  weights: LayerWeights,
  sizes: LayerSizes,
  { name, firstTokenOnly, attention: { bias, scale } = {} }: LayerUse,
): string {
  const asking = firstTokenOnly ? firstToken(graph, x, `${name}.first_token`) : x;
  const [query, key, value] = projections(graph, x, asking, weights, sizes.hidden, name);
  const attended = multiHeadAttention(
    graph,
    { query, key, value, lengths, bias: bias?.(query, key) },
    { name: `${name}.attention`, headCount: sizes.headCount, scale },
  );
  const projected = applyLinear(graph, attended, weights.attentionOutput, `${name}.attention.output`);
  const attention = addNorm(graph, projected, asking, weights.attentionNorm, sizes.epsilon, `${name}.attention`);
  const widened = applyLinear(graph, attention, weights.feedForwardIn, `${name}.feed_forward.in`);
  const activated = activate(graph, widened, sizes.activation, `${name}.feed_forward.activation`);
  const narrowed = applyLinear(graph, activated, weights.feedForwardOut, `${name}.feed_forward.out`);
  return addNorm(graph, narrowed, attention, weights.outputNorm, sizes.epsilon, `${name}.output`);
}

function projections(
  graph: GraphBuilder,
  x: string,
  asking: string,
  weights: LayerWeights,
  hidden: number,
  name: string,
): [query: string, key: string, value: string] {
  if (weights.qkv !== undefined) {
    const fused = applyLinear(graph, x, weights.qkv, `${name}.attention.qkv`);
    const [query = '', key = '', value = ''] = splitLast(graph, fused, [hidden, hidden, hidden], `${name}.split`);
    return [asking === x ? query : firstToken(graph, query, `${name}.first_query`), key, value];
  }
  if (weights.query === undefined || weights.keyValue === undefined) throw new TypeError(`${name} has no projections`);
  const query = applyLinear(graph, asking, weights.query, `${name}.attention.query`);
  const fused = applyLinear(graph, x, weights.keyValue, `${name}.attention.kv`);
  const [key = '', value = ''] = splitLast(graph, fused, [hidden, hidden], `${name}.split`);
  return [query, key, value];
}

function addNorm(
  graph: GraphBuilder,
  x: string,
  residual: string,
  weights: NormWeights,
  epsilon: number,
  name: string,
): string {
  return applyNorm(graph, add(graph, x, residual, `${name}.residual`), weights, { name: `${name}.norm`, epsilon });
}
