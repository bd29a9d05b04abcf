import { connectJobs } from '../../aws/connect-jobs.ts';
import { connectObjects } from '../../aws/list-objects.ts';
import { readAwsSettings } from '../../aws/settings.ts';
import { findInputs } from '../../batch/find-inputs.ts';
import { planOutputs } from '../../batch/plan-outputs.ts';
import { readProgram } from '../../processing/program.ts';
import type { CommandContext } from '../command.ts';
import { JOB_PROGRAM, jobSurroundings, readJobSettings } from '../job-options.ts';
import { startProgress } from '../progress.ts';
import { classifyOnSageMaker, describeJob, jobAsJson } from './on-sagemaker.ts';

/** A batch that a job of SageMaker answers. */
export async function classifyByJob(named: readonly string[], out: string, context: CommandContext): Promise<void> {
  const {
    arguments: [bundle = ''],
    options,
    environment,
    signal,
    json,
    stdout,
    stderr,
  } = context;
  const progress = startProgress(stderr);
  const settings = readAwsSettings(environment);
  const [ports, listing] = [connectJobs(settings, signal), connectObjects(settings)];
  try {
    const jobSettings = await readJobSettings(context, ports.usualBucket);
    const planned = await planOutputs(await findInputs(named, () => listing.lister, signal), out);
    const request = { bundle, named, planned, options };
    const program = await readProgram(JOB_PROGRAM);
    const done = await classifyOnSageMaker(request, program, jobSettings, ports, jobSurroundings(context, progress));
    progress.stop();
    stdout.write(json ? `${JSON.stringify(jobAsJson(done))}\n` : describeJob(done));
  } finally {
    progress.stop();
    ports.close();
    listing.close();
  }
}
