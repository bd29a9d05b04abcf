import type { CompilationOrder, CompilationState } from '../aws/compilation-jobs.ts';
import type { JobPorts } from '../aws/connect-jobs.ts';
import { processingErrors } from './errors.ts';
import { followJob, type JobSurroundings } from './follow-job.ts';
import { jobName, nthName } from './job-name.ts';

export interface FinishedCompilation {
  readonly name: string;
  readonly arn: string;
  /** `s3://…` of what Neo made. */
  readonly artifact: string;
}

const MAX_TRIES = 20;
const MAX_SECONDS = 3600;

/**
 * Lets SageMaker Neo compile an artifact, and waits for it. The same order finds its job again; one that failed is
 * started anew, under the next name.
 * @param etag of the artifact: other bytes at the same address are another order
 * @throws VergeError JOB_…, AWS_…
 */
export async function runCompilation(
  order: Omit<CompilationOrder, 'name' | 'maxSeconds'>,
  etag: string,
  { compilation }: Pick<JobPorts, 'compilation'>,
  surroundings: JobSurroundings,
): Promise<FinishedCompilation> {
  const usual = jobName('neo', { ...order, etag });
  let name = usual;
  let found: CompilationState | undefined;
  for (let n = 1; ; n += 1) {
    if (n > MAX_TRIES) {
      throw processingErrors.make('JOB_NAME_SPENT', `The compilation job ${usual} has failed ${MAX_TRIES} times`);
    }
    name = nthName(usual, n);
    found = await compilation.find(name);
    if (found?.state !== 'failed' && found?.state !== 'stopped') break;
  }
  if (!found) {
    await compilation.start({ ...order, name, maxSeconds: MAX_SECONDS });
    surroundings.say(`Started the compilation job ${name} for ${order.target}.`);
  }
  const stop = `aws sagemaker stop-compilation-job --compilation-job-name ${name}`;
  const look = (): Promise<CompilationState | undefined> => compilation.find(name);
  const ended = await followJob({ name, kind: 'compilation job', stop, look }, surroundings);
  if (ended.artifact === undefined) {
    throw processingErrors.make('JOB_OUTPUT_MISSING', `The compilation job ${name} names no artifact`);
  }
  return { name, arn: ended.arn, artifact: ended.artifact };
}
