import { BERT_DEFAULTS, type BertDefaults, bertEmbeddings, bertEncoder, readBertSizes } from './bert.ts';
import { LIMITS } from './config.ts';
import { type FamilyContext, linearFrom, positionRange } from './encoder.ts';
import { pooledHead } from './heads.ts';

const ELECTRA_DEFAULTS: BertDefaults = { ...BERT_DEFAULTS, hidden: 256, intermediate: 1024, heads: 4 };

/** ELECTRA: BERT's layers behind narrower embeddings, GELU in the head. */
export function buildElectra(context: FamilyContext): string {
  const sizes = readBertSizes(context.config, ELECTRA_DEFAULTS);
  const width = context.config.integer('embedding_size', { min: 1, max: LIMITS.hidden, fallback: 128 });
  let embedded = bertEmbeddings(context, sizes, width, positionRange(context));
  if (width !== sizes.hidden) {
    embedded = linearFrom(context, embedded, 'embeddings_project', 'embeddings.projection', [width, sizes.hidden]);
  }
  const encoded = bertEncoder(context, embedded, sizes);
  // The activation of the head is hard-wired in the reference, whatever hidden_act says.
  const head = { pooler: 'classifier.dense', activation: 'gelu', out: 'classifier.out_proj' } as const;
  return pooledHead(context, encoded, sizes.hidden, head);
}
