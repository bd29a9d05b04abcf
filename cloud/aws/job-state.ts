/** A job of SageMaker, as far as whoever waits for it needs to know. */
export interface JobState {
  readonly arn: string;
  readonly state: 'running' | 'completed' | 'failed' | 'stopped';
  /** As the service calls it. */
  readonly status: string;
  /** Why it ended as it did; empty where the service says nothing. */
  readonly reason: string;
}

const MISSING = /not found|does not exist|can't find|could not find/i;

export function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'ResourceNotFound' || (error.name === 'ValidationException' && MISSING.test(error.message));
}

/** Processing jobs write `Completed`, compilation jobs `COMPLETED`. */
export function readJobState(
  arn: string | undefined,
  status: string | undefined,
  reasons: readonly (string | undefined)[],
): JobState {
  const known = (status ?? '').toLowerCase();
  const state = known === 'completed' || known === 'failed' || known === 'stopped' ? known : 'running';
  const reason = reasons.filter((text) => text !== undefined && text !== '').join('; ');
  return { arn: arn ?? '', state, status: status ?? 'Unknown', reason };
}
