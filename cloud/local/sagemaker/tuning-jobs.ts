import type {
  DescribeHyperParameterTuningJobRequest,
  HyperParameterTrainingJobSummary,
  ListTrainingJobsForHyperParameterTuningJobRequest,
} from '@aws-sdk/client-sagemaker';
import { AwsError } from '../aws/aws-error.ts';
import type { Handler } from '../aws/service.ts';
import { select } from './select.ts';
import type { SageMakerContext } from './service.ts';

/** Answers to calls about tuning jobs. */
export function tuningJobHandlers({ tuningJobs, tunedJobs }: SageMakerContext): Record<string, Handler> {
  function find(name: string): object {
    const job = tuningJobs.find(name);
    if (!job)
      throw new AwsError('ResourceNotFound', 400, `Amazon SageMaker can't find a tuning job with name ${name}.`);
    return job;
  }
  return {
    DescribeHyperParameterTuningJob({ HyperParameterTuningJobName = '' }: DescribeHyperParameterTuningJobRequest) {
      return find(HyperParameterTuningJobName);
    },
    ListTrainingJobsForHyperParameterTuningJob(input: ListTrainingJobsForHyperParameterTuningJobRequest) {
      find(input.HyperParameterTuningJobName ?? '');
      const rows = tunedJobs
        .all()
        .filter(({ TuningJobName }) => TuningJobName === input.HyperParameterTuningJobName)
        .filter(({ TrainingJobStatus: status }) => (input.StatusEquals ?? status) === status);
      const { items, nextToken } = select(
        rows,
        input,
        (job) => ({ name: job.TrainingJobName ?? '', createdAt: job.CreationTime }),
        orderBy(input.SortBy),
      );
      return { TrainingJobSummaries: items, NextToken: nextToken };
    },
  };
}

function orderBy(
  name: ListTrainingJobsForHyperParameterTuningJobRequest['SortBy'],
): ((job: HyperParameterTrainingJobSummary) => string | number) | undefined {
  if (name === 'Name') return (job) => job.TrainingJobName ?? '';
  if (name === 'Status') return (job) => job.TrainingJobStatus ?? '';
  if (name !== 'FinalObjectiveMetricValue') return undefined;
  return (job) => job.FinalHyperParameterTuningJobObjectiveMetric?.Value ?? Number.NEGATIVE_INFINITY;
}
