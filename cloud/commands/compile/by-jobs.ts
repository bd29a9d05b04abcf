import { connectSources } from '../../aws/connect.ts';
import { connectJobs } from '../../aws/connect-jobs.ts';
import { readAwsSettings } from '../../aws/settings.ts';
import { readProgram } from '../../processing/program.ts';
import type { CommandContext } from '../command.ts';
import { type CompileRequest, runCompile } from '../compile.ts';
import { JOB_PROGRAM, jobSurroundings, readJobSettings, runsOnSageMaker } from '../job-options.ts';
import { textOption } from '../options.ts';
import type { Progress } from '../progress.ts';
import { compileWithNeo, describeNeo, type NeoRequest } from './neo.ts';
import { compileOnSageMaker, describeJobOutcome, findSource, jobOutcomeAsJson } from './on-sagemaker.ts';
import { asJson, describeOutcome } from './report.ts';

/** A compile that jobs of SageMaker have a part in: the whole of it, Neo's artifact beside it, or both. */
export async function compileByJobs(
  request: CompileRequest,
  neo: NeoRequest | undefined,
  context: CommandContext,
  progress: Progress,
): Promise<void> {
  const { options, environment, signal, json, stdout } = context;
  const settings = readAwsSettings(environment);
  const ports = connectJobs(settings, signal);
  const surroundings = jobSurroundings(context, progress);
  try {
    const jobSettings = runsOnSageMaker(options) ? await readJobSettings(context, ports.usualBucket) : undefined;
    const found = await findSource(request.source, settings, signal);
    let told: { readonly text: string; readonly document: object };
    let manifest: Parameters<typeof compileWithNeo>[2];
    if (jobSettings) {
      const program = await readProgram(JOB_PROGRAM);
      const done = await compileOnSageMaker(request, found, options, program, jobSettings, ports, surroundings);
      manifest = done.bundle.manifest;
      told = { text: describeJobOutcome(done), document: jobOutcomeAsJson(done) };
    } else {
      const outcome = await runCompile(request, progress, signal, () => connectSources(settings));
      manifest = outcome.bundle.manifest;
      told = { text: describeOutcome(outcome), document: asJson(outcome) };
    }
    progress.stop();
    if (!json) stdout.write(told.text);
    const bucket = textOption(options.bucket) ?? environment.VERGE_BUCKET ?? (neo ? await ports.usualBucket() : '');
    const made = neo && (await compileWithNeo(neo, found, manifest, request.out, bucket, ports, surroundings));
    progress.stop();
    if (json) stdout.write(`${JSON.stringify({ ...told.document, ...(made ? { neo: made } : {}) }, null, 2)}\n`);
    else if (made) stdout.write(describeNeo(made));
  } finally {
    ports.close();
  }
}
