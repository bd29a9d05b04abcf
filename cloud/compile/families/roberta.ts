import { add, cast, multiply } from '../graph/operators.ts';
import { BERT_DEFAULTS, type BertDefaults, bertEmbeddings, bertEncoder, readBertSizes } from './bert.ts';
import type { FamilyContext } from './encoder.ts';
import { pooledHead, tokenHead } from './heads.ts';

const ROBERTA_DEFAULTS: BertDefaults = { ...BERT_DEFAULTS, vocabulary: 50_265 };
const XLM_ROBERTA_DEFAULTS: BertDefaults = { ...BERT_DEFAULTS, vocabulary: 30_522 };

/** RoBERTa: BERT's layers, positions counted from the padding id, a two-layer head. */
export function buildRoberta(context: FamilyContext): string {
  return build(context, ROBERTA_DEFAULTS);
}

/** XLM-RoBERTa and CamemBERT: RoBERTa with other vocabularies. */
export function buildXlmRoberta(context: FamilyContext): string {
  return build(context, XLM_ROBERTA_DEFAULTS);
}

function build(context: FamilyContext, defaults: BertDefaults): string {
  const sizes = readBertSizes(context.config, defaults);
  const padTokenId = context.config.integer('pad_token_id', { min: 0, max: sizes.positions - 1, fallback: 1 });
  const positions = positionsAfterPadding(context, padTokenId, 'positions');
  const encoded = bertEncoder(context, bertEmbeddings(context, sizes, sizes.hidden, positions), sizes);
  if (context.task === 'token-classification') return tokenHead(context, encoded, sizes.hidden);
  return pooledHead(context, encoded, sizes.hidden, {
    pooler: 'classifier.dense',
    activation: 'tanh',
    out: 'classifier.out_proj',
  });
}

/**
 * Positions as fairseq counts them: each token that is not the padding id gets padding id + 1, + 2, …; the others get
 * the padding id itself. Counted from the ids, not from `lengths`, as the reference does. int32 [batch, sequence].
 */
export function positionsAfterPadding({ graph, inputIds }: FamilyContext, padTokenId: number, name: string): string {
  const pad = graph.integer(padTokenId);
  const isPadding = graph.node('Equal', [inputIds, pad], { name: `${name}.is_padding` });
  const isToken = graph.node('Not', [isPadding], { name: `${name}.is_token` });
  const ones = cast(graph, isToken, 'int32', `${name}.ones`);
  const counted = graph.node('CumSum', [ones, graph.integer(1)], { name: `${name}.counted` });
  return add(graph, multiply(graph, counted, ones, `${name}.masked`), pad, name);
}
