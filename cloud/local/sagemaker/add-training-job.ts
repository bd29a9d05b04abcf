import type { TrainingJobStatus } from '@aws-sdk/client-sagemaker';
import type { SageMakerContext } from './service.ts';

/** A training job as a fixture describes it. */
export interface AddedTrainingJob {
  readonly name: string;
  /** `s3://…/model.tar.gz`, which lies or lay in the stack's S3. */
  readonly artifact: string;
  /** Default: Completed. */
  readonly status?: TrainingJobStatus;
  readonly failureReason?: string;
  readonly image?: string;
  readonly hyperParameters?: Readonly<Record<string, string>>;
  readonly metrics?: Readonly<Record<string, number>>;
  /** Default: now. */
  readonly createdAt?: Date;
  readonly tuningJobName?: string;
}

const RUN_MS = 600_000;

export function addTrainingJob({ trainingJobs, arn }: SageMakerContext, job: AddedTrainingJob): string {
  const { name, status = 'Completed', createdAt = new Date() } = job;
  const ended = status === 'Completed' || status === 'Failed' || status === 'Stopped';
  const endedAt = new Date(createdAt.getTime() + RUN_MS);
  const trainingJobArn = arn('training-job', name);
  trainingJobs.put(name, {
    TrainingJobName: name,
    TrainingJobArn: trainingJobArn,
    ...(job.tuningJobName === undefined ? {} : { TuningJobArn: arn('hyper-parameter-tuning-job', job.tuningJobName) }),
    ModelArtifacts: { S3ModelArtifacts: job.artifact },
    TrainingJobStatus: status,
    SecondaryStatus: status === 'InProgress' ? 'Training' : status === 'Deleting' ? 'Stopping' : status,
    ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
    HyperParameters: { ...job.hyperParameters },
    AlgorithmSpecification: {
      TrainingImage:
        job.image ?? '763104351884.dkr.ecr.eu-west-1.amazonaws.com/huggingface-pytorch-training:2.1.0-cpu-py310',
      TrainingInputMode: 'File',
    },
    RoleArn: 'arn:aws:iam::123456789012:role/training',
    OutputDataConfig: { S3OutputPath: job.artifact.split('/').slice(0, -3).join('/') },
    ResourceConfig: { InstanceType: 'ml.g5.xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
    CreationTime: createdAt,
    TrainingStartTime: createdAt,
    LastModifiedTime: ended ? endedAt : createdAt,
    ...(ended ? { TrainingEndTime: endedAt, TrainingTimeInSeconds: RUN_MS / 1000 } : {}),
    FinalMetricDataList: Object.entries(job.metrics ?? {}).map(([MetricName, Value]) => ({
      ...{ MetricName, Value },
      Timestamp: endedAt,
    })),
  });
  return trainingJobArn;
}
