import type { Classification, ScoredLabel } from '../classify/classification.ts';
import { VergeError } from '../contract/error.ts';
import type { ModelReference } from '../contract/parts.ts';
import type { FailedResult } from '../contract/result.ts';
import type { PendingResult } from '../outbox/pending-result.ts';

/** Where an answer belongs. */
export interface AnsweredText {
  readonly requestId: string;
  readonly model: ModelReference;
  readonly observedAt: Date;
  /** Only where the operator wants texts to leave the device. */
  readonly text: string | undefined;
}

/** An answer as it goes out: numbers at the precision that means something, since every byte is paid for. */
export function describeAnswer(
  answer: Classification,
  { requestId, model, observedAt, text }: AnsweredText,
  runnersUp: number,
): PendingResult {
  const { rejected, labels, entities } = answer;
  return {
    requestId,
    model,
    label: answer.label,
    score: roundedScore(answer.score),
    ...(rejected ? { rejected: { bestLabel: rejected.bestLabel, bestScore: roundedScore(rejected.bestScore) } } : {}),
    runnersUp: answer.runnersUp.slice(0, runnersUp).map(roundedLabel),
    ...(labels ? { labels: labels.map(roundedLabel) } : {}),
    ...(entities
      ? { entities: entities.map(({ start, end, ...scored }) => ({ ...roundedLabel(scored), start, end })) }
      : {}),
    latencyMs: { queue: roundedMs(answer.queueMs), inference: roundedMs(answer.inferenceMs) },
    tokenCount: answer.tokenCount,
    truncated: answer.truncated,
    cached: answer.cached,
    observedAt: observedAt.toISOString(),
    ...(text === undefined ? {} : { text }),
  };
}

/** What goes out where there is no answer. */
export function describeFailure(requestId: string, observedAt: Date, error: unknown): FailedResult {
  const known = error instanceof VergeError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return {
    requestId,
    error: { code: known?.code ?? 'INTERNAL', message: message.slice(0, MAX_MESSAGE_LENGTH) },
    observedAt: observedAt.toISOString(),
  };
}

const MAX_MESSAGE_LENGTH = 500;

function roundedLabel({ label, score }: ScoredLabel): ScoredLabel {
  return { label, score: roundedScore(score) };
}

/** Probabilities carry no more than four digits (fact R5: batch mates move the third); regression values may be large. */
function roundedScore(score: number): number {
  return Math.abs(score) <= 1 ? Math.round(score * 10_000) / 10_000 : Number(score.toPrecision(6));
}

function roundedMs(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
