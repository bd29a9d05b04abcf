/**
 * SageMaker as far as Verge needs it: training jobs and tuning jobs that have run, the model registry, and, where the stack
 * gives them a house, processing and compilation jobs (what those do not do stands in `jobs/`). Nothing is trained here:
 * jobs and packages are put in by whoever runs the stack, and their artifacts lie in its S3.
 *
 * What it does not do: every operation that isn't listed below, tags, the states a job passes through (it has the one it was added with), filters by warm pool and plan, and the
 * rules of names and lengths beyond those of custom metadata.
 */
import path from 'node:path';
import * as client from '@aws-sdk/client-sagemaker';
import { jsonRpc } from '../aws/protocol/json-rpc.ts';
import { defineService, type Service } from '../aws/service.ts';
import { openTable, type Table } from '../aws/table.ts';
import { type AddedModelPackage, addModelPackage } from './add-model-package.ts';
import { type AddedTrainingJob, addTrainingJob } from './add-training-job.ts';
import { type AddedTuningJob, addTuningJob } from './add-tuning-job.ts';
import { compilationJobHandlers } from './jobs/compilation-jobs.ts';
import { processingJobHandlers } from './jobs/processing-jobs.ts';
import type { JobHouse } from './jobs/run-process.ts';
import { modelPackageHandlers } from './model-packages.ts';
import { trainingJobHandlers } from './training-jobs.ts';
import { tuningJobHandlers } from './tuning-jobs.ts';

export interface SageMakerOptions {
  /** Made where it isn't there. */
  readonly folder: string;
  readonly region: string;
  readonly accountId: string;
  /** Where processing and compilation jobs run; without, there are none. */
  readonly house?: JobHouse;
}

export interface SageMakerContext {
  readonly trainingJobs: Table<client.DescribeTrainingJobResponse>;
  readonly tuningJobs: Table<client.DescribeHyperParameterTuningJobResponse>;
  /** What each training job of a tuning job was tuned to, by the training job's name. */
  readonly tunedJobs: Table<client.HyperParameterTrainingJobSummary>;
  /** By ARN. */
  readonly modelPackages: Table<client.DescribeModelPackageOutput>;
  /** `arn:aws:sagemaker:REGION:ACCOUNT:KIND/NAME` */
  arn(kind: string, name: string): string;
}

export interface SageMaker {
  readonly service: Service;
  /** Puts a job in as if it had run; answers its ARN. */
  addTrainingJob(job: AddedTrainingJob): string;
  addTuningJob(job: AddedTuningJob): string;
  addModelPackage(modelPackage: AddedModelPackage): string;
  /** Names of the training jobs, in their order. */
  trainingJobs(): readonly string[];
  /** Ends the jobs under way, and waits until they have ended. */
  close(): Promise<void>;
}

export function openSageMaker({ folder, region, accountId, house }: SageMakerOptions): SageMaker {
  const context: SageMakerContext = {
    trainingJobs: openTable(path.join(folder, 'training-jobs'), client.DescribeTrainingJobResponse$),
    tuningJobs: openTable(path.join(folder, 'tuning-jobs'), client.DescribeHyperParameterTuningJobResponse$),
    tunedJobs: openTable(path.join(folder, 'tuned-jobs'), client.HyperParameterTrainingJobSummary$),
    modelPackages: openTable(path.join(folder, 'model-packages'), client.DescribeModelPackageOutput$),
    arn: (kind, name) => `arn:aws:sagemaker:${region}:${accountId}:${kind}/${name}`,
  };
  const { arn } = context;
  const at = (name: string): string => path.join(folder, name);
  const processing =
    house &&
    processingJobHandlers({
      processingJobs: openTable(at('processing-jobs'), client.DescribeProcessingJobResponse$),
      ...{ house, arn },
    });
  const compilation =
    house &&
    compilationJobHandlers({
      compilationJobs: openTable(at('compilation-jobs'), client.DescribeCompilationJobResponse$),
      ...{ s3: house.s3, arn },
    });
  const service = defineService({
    name: 'sagemaker',
    client,
    protocol: jsonRpc('SageMaker'),
    handlers: {
      ...trainingJobHandlers(context),
      ...tuningJobHandlers(context),
      ...modelPackageHandlers(context),
      ...processing?.handlers,
      ...compilation,
    },
  });
  return {
    service,
    addTrainingJob: (job) => addTrainingJob(context, job),
    addTuningJob: (job) => addTuningJob(context, job),
    addModelPackage: (modelPackage) => addModelPackage(context, modelPackage),
    trainingJobs: () =>
      context.trainingJobs
        .all()
        .map(({ TrainingJobName = '' }) => TrainingJobName)
        .toSorted(),
    close: async () => processing?.running.close(),
  };
}
