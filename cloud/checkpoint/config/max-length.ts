import { checkpointErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { quoteValue } from '../quote.ts';
import { isCount } from '../shape.ts';
import { families } from './families.ts';

/** Room for the special tokens and nothing else. */
const minLength = 2;
/** transformers writes 10³⁰ where a tokenizer has no limit of its own. */
const maxSaneLength = 1_000_000;

/**
 * Tokens, with specials, that both the tokenizer and the position table allow; `requested` may lower it.
 * @throws PAD_TOKEN_BAD, POSITIONS_BAD, MAX_LENGTH_BAD, MAX_LENGTH_TOO_LARGE
 */
export function readMaxLength(
  config: Readonly<Record<string, unknown>>,
  modelType: string,
  tokenizerLimit: unknown,
  requested: number | undefined,
): number {
  const allowed = Math.min(positionLimit(config, modelType), tokenizerMaxLength(tokenizerLimit), limits.maxLength);
  if (requested === undefined) return allowed;
  if (!Number.isSafeInteger(requested) || requested < minLength) {
    throw checkpointErrors.make('MAX_LENGTH_BAD', `A maximum length of ${requested} tokens was asked for`);
  }
  if (requested > allowed) {
    throw checkpointErrors.make(
      'MAX_LENGTH_TOO_LARGE',
      `A maximum length of ${requested} tokens was asked for, and the model allows ${allowed}`,
    );
  }
  return requested;
}

function positionLimit(config: Readonly<Record<string, unknown>>, modelType: string): number {
  const positions = config.max_position_embeddings ?? 512;
  // RoBERTa's first token stands at padding index + 1; MPNet's code fixes that index at 1.
  const paddingIndex = modelType === 'mpnet' ? 1 : (config.pad_token_id ?? 1);
  const unused = !families[modelType]?.positionsAfterPadding ? 0 : isCount(paddingIndex) ? paddingIndex + 1 : undefined;
  if (unused === undefined) {
    throw checkpointErrors.make('PAD_TOKEN_BAD', `config.json has pad_token_id ${quoteValue(paddingIndex)}`);
  }
  if (!isCount(positions) || positions - unused < minLength) {
    throw checkpointErrors.make(
      'POSITIONS_BAD',
      `config.json has max_position_embeddings ${quoteValue(positions)}, of which ${unused} stand before the first token`,
    );
  }
  return positions - unused;
}

function tokenizerMaxLength(limit: unknown): number {
  return isCount(limit) && limit >= minLength && limit <= maxSaneLength ? limit : Number.POSITIVE_INFINITY;
}
