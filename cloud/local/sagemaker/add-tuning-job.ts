import type { HyperParameterTrainingJobSummary } from '@aws-sdk/client-sagemaker';
import { type AddedTrainingJob, addTrainingJob } from './add-training-job.ts';
import type { SageMakerContext } from './service.ts';

/** A tuning job as a fixture describes it. Its objective is one of its training jobs' metrics. */
export interface AddedTuningJob {
  readonly name: string;
  readonly objective: { readonly type: 'Maximize' | 'Minimize'; readonly metric: string };
  readonly trainingJobs: readonly Omit<AddedTrainingJob, 'tuningJobName'>[];
  readonly createdAt?: Date;
  /** Default: Completed. */
  readonly status?: 'Completed' | 'InProgress' | 'Failed' | 'Stopped';
  readonly failureReason?: string;
}

export function addTuningJob(context: SageMakerContext, job: AddedTuningJob): string {
  const { name, objective, createdAt = new Date() } = job;
  const summaries = job.trainingJobs.map((one) => summarise(context, job, one));
  for (const summary of summaries) context.tunedJobs.put(summary.TrainingJobName ?? '', summary);
  const sign = objective.type === 'Maximize' ? 1 : -1;
  const [best] = summaries
    .filter(({ FinalHyperParameterTuningJobObjectiveMetric: metric }) => metric !== undefined)
    .toSorted((a, b) => sign * (finalValue(b) - finalValue(a)));
  const counted = (status: string): number =>
    summaries.filter(({ TrainingJobStatus }) => TrainingJobStatus === status).length;
  const tuningJobArn = context.arn('hyper-parameter-tuning-job', name);
  context.tuningJobs.put(name, {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobArn: tuningJobArn,
    HyperParameterTuningJobConfig: {
      Strategy: 'Bayesian',
      HyperParameterTuningJobObjective: { Type: objective.type, MetricName: objective.metric },
      ResourceLimits: { MaxParallelTrainingJobs: 2 },
    },
    HyperParameterTuningJobStatus: job.status ?? 'Completed',
    CreationTime: createdAt,
    LastModifiedTime: createdAt,
    TrainingJobStatusCounters: {
      Completed: counted('Completed'),
      InProgress: counted('InProgress'),
      Stopped: counted('Stopped'),
      RetryableError: 0,
      NonRetryableError: counted('Failed'),
    },
    ObjectiveStatusCounters: {
      Succeeded: counted('Completed'),
      Pending: counted('InProgress'),
      Failed: counted('Failed'),
    },
    ...(best ? { BestTrainingJob: best } : {}),
    ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
  });
  return tuningJobArn;
}

function summarise(
  context: SageMakerContext,
  { name, objective, createdAt = new Date() }: AddedTuningJob,
  job: AddedTuningJob['trainingJobs'][number],
): HyperParameterTrainingJobSummary {
  const whole = { createdAt, ...job, tuningJobName: name };
  const value = job.metrics?.[objective.metric];
  return {
    TrainingJobName: job.name,
    TrainingJobArn: addTrainingJob(context, whole),
    TuningJobName: name,
    CreationTime: whole.createdAt,
    TrainingJobStatus: job.status ?? 'Completed',
    TunedHyperParameters: { ...job.hyperParameters },
    ...(job.failureReason === undefined ? {} : { FailureReason: job.failureReason }),
    ...(value === undefined
      ? {}
      : { FinalHyperParameterTuningJobObjectiveMetric: { MetricName: objective.metric, Value: value } }),
  };
}

function finalValue({ FinalHyperParameterTuningJobObjectiveMetric: metric }: HyperParameterTrainingJobSummary): number {
  return metric?.Value ?? 0;
}
