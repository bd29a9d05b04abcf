import type { ModelReference } from '../contract/parts.ts';
import type { AnsweredResult, FailedResult } from '../contract/result.ts';

/** An answer on its way out, with its model by value: the index is the message's business. */
export type PendingResult =
  | FailedResult
  | (Omit<AnsweredResult, 'model' | 'trimmed'> & { readonly model: ModelReference });
