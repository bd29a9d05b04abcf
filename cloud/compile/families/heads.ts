import { type Activation, activate } from './activation.ts';
import { dropTokenAxis, type FamilyContext, linearFrom } from './encoder.ts';

/** Where a head's two linears stand in the checkpoint, and what is between them. */
export interface PooledHeadSource {
  readonly pooler: string;
  readonly activation: Activation;
  readonly out: string;
}

/** Dense, activation, dense on the first token: [batch, 1, hidden] → [batch, labels]. */
export function pooledHead(
  context: FamilyContext,
  encoded: string,
  hidden: number,
  { pooler, activation, out }: PooledHeadSource,
): string {
  const first = dropTokenAxis(context.graph, encoded, 'first_token');
  const pooled = linearFrom(context, first, pooler, 'pooler', [hidden, hidden]);
  const activated = activate(context.graph, pooled, activation, 'pooler.activation');
  return linearFrom(context, activated, out, 'classifier', [hidden, context.labelCount]);
}

/** One dense layer on every token: [batch, sequence, hidden] → [batch, sequence, labels]. */
export function tokenHead(context: FamilyContext, encoded: string, hidden: number): string {
  return linearFrom(context, encoded, 'classifier', 'classifier', [hidden, context.labelCount]);
}
