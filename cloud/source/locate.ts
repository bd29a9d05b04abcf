import type { Origin } from '../../component/contract/manifest.ts';
import type { SourcePorts } from '../aws/connect.ts';
import type { ModelPackage } from '../aws/model-packages.ts';
import { type S3Place, uriOf } from '../aws/objects.ts';
import type { TrainingJob, TuningJob } from '../aws/training-jobs.ts';
import { originErrors } from './errors.ts';
import { trainingOrigin } from './origin.ts';
import { type ModelSource, parseS3Uri } from './parse-source.ts';

/** An artifact that somebody's records say is there. */
export interface Located {
  readonly place: S3Place;
  /** What of the manifest's origin is known before the artifact is fetched. */
  readonly origin: Omit<Origin, 'uri' | 'etag' | 'verifiedBy'>;
  /** What a model from here is called unless the user says otherwise. */
  readonly name: string;
  /** Who says that it is there: `the training job "x"`; undefined where the user does. */
  readonly claimedBy: string | undefined;
}

/** Finds the artifact of a job, a package or an address. @throws VergeError ORIGIN_…, AWS_… */
export async function locate(
  source: Exclude<ModelSource, { kind: 'path' }>,
  ports: SourcePorts,
  signal?: AbortSignal,
): Promise<Located> {
  switch (source.kind) {
    case 's3':
      return { place: source.place, origin: {}, name: nameOf(source.place), claimedBy: undefined };
    case 'training-job':
      return locateTrainingJob(source.name, ports, signal);
    case 'tuning-job':
      return locateTuningJob(source, ports, signal);
    case 'model-package':
      return locatePackage(source.arn, ports, signal);
    case 'model-package-group': {
      const arn = await ports.modelPackages.latestApproved(source.group, signal);
      if (arn !== undefined) return locatePackage(arn, ports, signal);
      const what = `The model package group ${JSON.stringify(source.group)} has no version that is approved`;
      throw originErrors.make('ORIGIN_PACKAGE_NOT_APPROVED', what);
    }
  }
}

async function locateTrainingJob(name: string, ports: SourcePorts, signal?: AbortSignal): Promise<Located> {
  const job = await ports.trainingJobs.describe(name, signal);
  const title = `the training job ${JSON.stringify(name)}`;
  const uri = finishedArtifact(job, title);
  return { place: placeOf(uri, title), origin: { trainingJob: trainingOrigin(job) }, name, claimedBy: title };
}

async function locateTuningJob(
  { name, rank }: Extract<ModelSource, { kind: 'tuning-job' }>,
  ports: SourcePorts,
  signal?: AbortSignal,
): Promise<Located> {
  const tuning = await finishedTuning(name, ports, signal);
  const job = rank === 1 ? tuning.best : (await ports.trainingJobs.best(tuning, rank, signal))[rank - 1];
  if (!job?.objective) {
    const what = `The tuning job ${JSON.stringify(name)} has ${rank === 1 ? 'no training job' : `fewer than ${rank} training jobs`} that reached its objective`;
    throw originErrors.make('ORIGIN_TUNING_EMPTY', what);
  }
  const located = await locateTrainingJob(job.name, ports, signal);
  return { ...located, name, origin: { ...located.origin, tuningJob: { arn: tuning.arn, objective: job.objective } } };
}

/** @throws VergeError AWS_…, ORIGIN_JOB_… */
export async function finishedTuning(name: string, ports: SourcePorts, signal?: AbortSignal): Promise<TuningJob> {
  const tuning = await ports.trainingJobs.describeTuning(name, signal);
  checkStatus(`the tuning job ${JSON.stringify(name)}`, tuning.status, tuning.failureReason);
  return tuning;
}

async function locatePackage(arn: string, ports: SourcePorts, signal?: AbortSignal): Promise<Located> {
  const found = await ports.modelPackages.describe(arn, signal);
  const title = `the model package ${JSON.stringify(found.arn)}`;
  checkApproval(found, title);
  const [model, ...others] = found.models;
  if (!model || others.length > 0) {
    const what = `${capital(title)} has ${model ? `${found.models.length} containers with models` : 'no model'}`;
    throw originErrors.make('ORIGIN_PACKAGE_EMPTY', what);
  }
  if (!model.isFile) throw notOneFile(model.uri, title);
  const { group, version } = found;
  const training = found.trainingJob === undefined ? undefined : await whoTrained(found.trainingJob, ports, signal);
  return {
    place: placeOf(model.uri, title),
    origin: {
      modelPackage: {
        arn: found.arn,
        ...(group === undefined ? {} : { group }),
        ...(version === undefined ? {} : { version }),
      },
      ...(training ? { trainingJob: trainingOrigin(training) } : {}),
    },
    name: group ?? arn.split('/')[1] ?? 'model',
    claimedBy: title,
  };
}

/** The job behind a package is told where it can be; SageMaker forgets none, but its account may be another. */
async function whoTrained(name: string, ports: SourcePorts, signal?: AbortSignal): Promise<TrainingJob | undefined> {
  try {
    return await ports.trainingJobs.describe(name, signal);
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

function finishedArtifact({ status, failureReason, artifact }: TrainingJob, title: string): string {
  checkStatus(title, status, failureReason);
  if (artifact === undefined) {
    throw originErrors.make('ORIGIN_JOB_EMPTY', `${capital(title)} completed and left no model artifact`);
  }
  return artifact;
}

function checkStatus(title: string, status: string, failureReason: string | undefined): void {
  if (status === 'Completed') return;
  const reason = failureReason === undefined ? '' : `: ${failureReason.trim()}`;
  if (/^(Failed|Stopped|Deleting|DeleteFailed|Stopping)$/.test(status)) {
    throw originErrors.make('ORIGIN_JOB_FAILED', `${capital(title)} did not complete, it is ${status}${reason}`);
  }
  throw originErrors.make('ORIGIN_JOB_UNFINISHED', `${capital(title)} has not completed, it is ${status}${reason}`);
}

function checkApproval({ approval, approvalDescription }: ModelPackage, title: string): void {
  if (approval === undefined || approval === 'Approved') return;
  const why = approvalDescription ? ` (${approvalDescription})` : '';
  throw originErrors.make('ORIGIN_PACKAGE_NOT_APPROVED', `${capital(title)} is ${approval}${why}`);
}

function placeOf(uri: string, title: string): S3Place {
  if (uri.endsWith('/')) throw notOneFile(uri, title);
  return parseS3Uri(uri);
}

function notOneFile(uri: string, title: string): Error {
  return originErrors.make(
    'ORIGIN_NOT_ONE_FILE',
    `${capital(title)} has its model as a folder (${uri}), not as one file`,
  );
}

/** `…/intents-mini/output/model.tar.gz` → `intents-mini`; else the file's own name. */
function nameOf(place: S3Place): string {
  const segments = uriOf(place).slice('s3://'.length).split('/').slice(1);
  const own = (segments.at(-1) ?? '').replace(/\.(tar\.gz|tgz|tar|safetensors)$/i, '');
  const before = segments.slice(0, -1).filter((segment) => segment !== 'output' && segment !== '');
  return own === 'model' ? (before.at(-1) ?? own) : own;
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
