import { stat } from 'node:fs/promises';
import path from 'node:path';
import { connectFiles } from '../../aws/connect-files.ts';
import { runningStack, tellStack } from '../../local/stack/background.ts';
import { localErrors } from '../../local/stack/errors.ts';
import { readState } from '../../local/stack/state.ts';
import type { Progress } from '../progress.ts';

/** Pattern of the service's own model. */
const JOB_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

export interface TrainingJobRequest {
  readonly folder: string;
  readonly name: string;
  /** `model.tar.gz`, as a training job leaves it. */
  readonly archive: string;
  /** `NAME=VALUE` each. */
  readonly metrics: readonly string[];
  readonly hyperParameters: readonly string[];
}

/** Uploads an archive to the stack and lets SageMaker's stand-in know of a job that made it. @throws VergeError LOCAL_… */
export async function addTrainingJob(
  { folder, name, archive, ...given }: TrainingJobRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly arn: string; readonly artifact: string }> {
  if (!JOB_NAME.test(name)) {
    throw localErrors.make('LOCAL_NAME_INVALID', `${JSON.stringify(name)} cannot be the name of a training job`);
  }
  const metrics = Object.fromEntries(
    pairs(given.metrics, '--metric').map(([key, value]) => [key, asNumber(key, value)]),
  );
  const hyperParameters = Object.fromEntries(pairs(given.hyperParameters, '--hyperparameter'));
  await checkArchive(archive);
  const stack = await runningStack(folder);
  if (stack.trainingJobs.includes(name)) {
    throw localErrors.make('LOCAL_NAME_TAKEN', `There is a training job ${JSON.stringify(name)} already`);
  }
  const state = readState(folder);
  const { endpoint, region, bucket } = stack;
  const place = { bucket, key: `training/${name}/output/model.tar.gz` };
  const artifact = `s3://${bucket}/${place.key}`;
  // Its own endpoint and keys, whatever the environment says.
  const settings = { endpoint, region, ...(state ? { credentials: state } : {}) };
  const { files, close } = connectFiles(settings, signal);
  try {
    await files.upload(archive, place, (bytes, total) => progress.update('upload the model', bytes, total));
  } finally {
    close();
  }
  const answer = await tellStack(folder, 'add-training-job', { name, artifact, metrics, hyperParameters });
  return { arn: (answer as { arn: string }).arn, artifact }; // as main.ts of the stack answers
}

async function checkArchive(archive: string): Promise<void> {
  const found = await stat(archive).catch(() => undefined);
  if (found?.isFile()) return;
  const why = found ? 'is no file' : 'is not there';
  throw localErrors.make('LOCAL_ARCHIVE_UNREADABLE', `${path.relative('.', archive) || archive} ${why}`);
}

function pairs(given: readonly string[], flag: string): readonly (readonly [string, string])[] {
  return given.map((text) => {
    const equals = text.lastIndexOf('=');
    if (equals < 1) throw localErrors.make('LOCAL_VALUE_INVALID', `${flag} ${text} has no name or no value`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
}

function asNumber(name: string, text: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw localErrors.make('LOCAL_VALUE_INVALID', `--metric ${name}=${text} is no number`);
}
