import { ask } from './ask.ts';

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

function isMissing(error: unknown): boolean {
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

/** A job by its name, of whatever kind. */
export interface JobAsked {
  /** `processing job` */
  readonly kind: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

/** What the service describes; undefined where there is no such job. @throws VergeError AWS_… */
export function findJob<State>(
  { kind, name, signal }: JobAsked,
  describe: () => Promise<State>,
): Promise<State | undefined> {
  return unless(isMissing, `describing the ${kind} ${JSON.stringify(name)}`, describe, signal);
}

/** Its ARN; undefined where somebody has started one of that name meanwhile. @throws VergeError AWS_… */
export function startJob(
  { kind, name, signal }: JobAsked,
  start: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const isTaken = (error: unknown): boolean => error instanceof Error && error.name === 'ResourceInUse';
  return unless(isTaken, `starting the ${kind} ${JSON.stringify(name)}`, async () => (await start()) ?? '', signal);
}

/** Undefined for the one error that is an answer. */
function unless<T>(
  isAnswer: (error: unknown) => boolean,
  what: string,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const answered = async (): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (isAnswer(error)) return undefined;
      throw error;
    }
  };
  return ask(what, answered, signal);
}
