import type { JobLogs } from '../aws/job-logs.ts';
import type { JobState } from '../aws/job-state.ts';
import { processingErrors } from './errors.ts';

/** What a job is followed in. */
export interface JobSurroundings {
  progress(step: string, done?: number, total?: number): void;
  /** A line for the person who waits. */
  say(line: string): void;
  /** @throws the signal's reason when aborted */
  wait(ms: number): Promise<void>;
  readonly signal: AbortSignal;
}

export interface FollowedJob {
  readonly name: string;
  /** `processing job` */
  readonly kind: string;
  /** What ends it, to be typed. */
  readonly stop: string;
  look(): Promise<JobState | undefined>;
  readonly logs?: JobLogs;
}

/** Soon at first, since a job may be over quickly; a real one takes minutes to begin. */
const LOOK_MS = [500, 1000, 2000, 4000, 8000];
const LAST_LOOK_MS = 15_000;

/**
 * Waits until a job has ended, and passes on what it says meanwhile.
 * @throws VergeError JOB_FAILED, AWS_…
 */
export async function followJob<State extends JobState>(
  { name, kind, stop, look, logs }: Omit<FollowedJob, 'look'> & { look(): Promise<State | undefined> },
  { progress, say, wait, signal }: JobSurroundings,
): Promise<State> {
  let last = '';
  const passOn = async (): Promise<void> => {
    for (const line of (await logs?.news()) ?? []) {
      say(`  ${line}`);
      last = line;
    }
  };
  try {
    for (let looks = 0; ; looks += 1) {
      const job = await look();
      progress(`${kind} ${name}: ${job?.status ?? 'unknown'}`);
      await passOn();
      if (job?.state === 'completed') return job;
      if (job?.state === 'failed' || job?.state === 'stopped') {
        const said = [job.reason, last].filter((text) => text !== '').join('; it said last: ');
        throw processingErrors.make('JOB_FAILED', `The ${kind} ${name} ended as ${job.status} (${said})`);
      }
      await wait(LOOK_MS[looks] ?? LAST_LOOK_MS);
    }
  } catch (error) {
    if (signal.aborted) {
      say(`The ${kind} ${name} runs on. The same command waits for it again; this ends it: ${stop}`);
    }
    throw error;
  }
}
