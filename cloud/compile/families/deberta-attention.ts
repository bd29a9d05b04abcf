import type { GraphBuilder } from '../graph/builder.ts';
import { embedding } from '../graph/layers.ts';
import { add, int, matmul, multiply, reshape, transpose } from '../graph/operators.ts';
import type { BertSizes } from './bert.ts';
import { LIMITS } from './config.ts';
import { type DistanceRows, distanceRows, foldByDistance } from './deberta-distance.ts';
import { projectRows, relativeTable } from './deberta-table.ts';
import type { FamilyContext } from './encoder.ts';
import type { LayerAttention } from './post-norm-layer.ts';

/** What of the disentangled attention a configuration asks for. */
interface Options {
  /** Query's content against the key's distance. */
  readonly c2p: boolean;
  /** Key's content against the query's distance. */
  readonly p2c: boolean;
  /** Distances go through the content's own projections. */
  readonly shared: boolean;
  readonly headSize: number;
  readonly scale: number;
}

/** A layer's attention to distances; the second argument as in `LayerUse.firstTokenOnly`. */
export type AttentionOf = (index: number, firstTokenOnly: boolean) => LayerAttention;

/**
 * DeBERTa's attention: besides content against content, content against distance (c2p) and distance against content
 * (p2c), added to the scores as a bias. Distances are learned vectors, projected by each layer; that product is constant
 * and computed here, so the device only picks rows. Source: `DisentangledSelfAttention` of transformers.
 */
export function disentangledAttention(context: FamilyContext, sizes: BertSizes): AttentionOf {
  const { config } = context;
  const types = config.words('pos_att_type');
  const [c2p, p2c] = [types.includes('c2p'), types.includes('p2c')];
  const headSize = sizes.hidden / sizes.headCount;
  // The reference divides by the root even where the terms themselves are off (relative_attention false).
  const scale = 1 / Math.sqrt(headSize * (1 + Number(c2p) + Number(p2c)));
  if (!config.boolean('relative_attention', false)) return () => ({ scale });

  const longest = config.integer('max_relative_positions', { min: -1, max: LIMITS.positions, fallback: -1 });
  const maxDistance = longest < 1 ? sizes.positions : longest;
  const buckets = config.integer('position_buckets', { min: -1, max: LIMITS.positions, fallback: -1 });
  const span = buckets > 0 ? buckets : maxDistance;
  const vectors = relativeTable(context, sizes, span);
  if (!c2p && !p2c) return () => ({ scale });

  const options = { c2p, p2c, scale, headSize, shared: config.boolean('share_att_key', false) };
  const rows = distanceRows(context, { buckets, maxDistance, span, positions: sizes.positions });
  return (index, firstTokenOnly) => ({
    scale,
    bias: (query, key) => distanceTerms(context, { index, firstTokenOnly, query, key, vectors, rows }, sizes, options),
  });
}

interface LayerTerms {
  readonly index: number;
  readonly firstTokenOnly: boolean;
  readonly query: string;
  readonly key: string;
  /** [2 · span, hidden] */
  readonly vectors: Float32Array;
  readonly rows: DistanceRows;
}

function distanceTerms(context: FamilyContext, layer: LayerTerms, sizes: BertSizes, options: Options): string {
  const { graph } = context;
  const name = `layer.${layer.index}.attention`;
  const terms: string[] = [];
  if (options.c2p) {
    const table = projected(context, layer, sizes, options, options.shared ? 'key_proj' : 'pos_key_proj');
    const rows = layer.firstTokenOnly ? layer.rows.fromFirst : layer.rows.descending;
    const keys = byHead(graph, table, rows, { name: `${name}.position_key`, sizes, order: [1, 2, 0] });
    const queries = heads(graph, layer.query, sizes, `${name}.c2p_queries`);
    const scores = matmul(graph, queries, keys, `${name}.c2p`);
    terms.push(layer.firstTokenOnly ? scores : foldByDistance(graph, scores, layer.rows, `${name}.c2p_folded`));
  }
  if (options.p2c) {
    const table = projected(context, layer, sizes, options, options.shared ? 'query_proj' : 'pos_query_proj');
    const keys = heads(graph, layer.key, sizes, `${name}.p2c_keys`);
    const name2 = `${name}.position_query`;
    if (layer.firstTokenOnly) {
      const queries = byHead(graph, table, layer.rows.fromFirst, { name: name2, sizes, order: [1, 0, 2] });
      const products = multiply(graph, keys, queries, `${name}.p2c_products`);
      const attributes = { keepdims: int(1) };
      const sums = graph.node('ReduceSum', [products, graph.dimensions(-1)], { name: `${name}.p2c`, attributes });
      terms.push(transpose(graph, sums, [0, 1, 3, 2], `${name}.p2c_row`));
    } else {
      const queries = byHead(graph, table, layer.rows.ascending, { name: name2, sizes, order: [1, 2, 0] });
      const scores = matmul(graph, keys, queries, `${name}.p2c`);
      const folded = foldByDistance(graph, scores, layer.rows, `${name}.p2c_folded`);
      terms.push(transpose(graph, folded, [0, 1, 3, 2], `${name}.p2c_turned`));
    }
  }
  const [first = '', second] = terms;
  return second === undefined ? first : add(graph, first, second, `${name}.distance_bias`);
}

/** The distance vectors through one of the layer's projections, scaled as the scores are: [2 · span, hidden]. */
function projected(
  { tensors }: FamilyContext,
  { index, vectors }: LayerTerms,
  { hidden }: BertSizes,
  { scale }: Options,
  projection: string,
): Float32Array {
  const source = `encoder.layer.${index}.attention.self.${projection}`;
  const weight = tensors.read(`${source}.weight`, [hidden, hidden]);
  return projectRows(vectors, weight, tensors.read(`${source}.bias`, [hidden]), scale);
}

/** [batch, tokens, hidden] → [batch, heads, tokens, headSize] */
function heads(graph: GraphBuilder, x: string, { hidden, headCount }: BertSizes, name: string): string {
  const split = reshape(graph, x, [0, 0, headCount, hidden / headCount], `${name}.split`);
  return transpose(graph, split, [0, 2, 1, 3], name);
}

/** Picked rows of a [rows, hidden] table, cut into heads: dimensions (row, head, headSize) in the given order. */
function byHead(
  graph: GraphBuilder,
  table: Float32Array,
  rows: string,
  { name, sizes, order }: { name: string; sizes: BertSizes; order: readonly number[] },
): string {
  const { hidden, headCount } = sizes;
  const picked = embedding(graph, rows, table, { name, width: hidden });
  return transpose(
    graph,
    reshape(graph, picked, [0, headCount, hidden / headCount], `${name}.split`),
    order,
    `${name}.heads`,
  );
}
