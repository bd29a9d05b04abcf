import type { DescribeTrainingJobRequest, ListTrainingJobsRequest } from '@aws-sdk/client-sagemaker';
import type { Handler } from '../aws/service.ts';
import { notFound, select } from './select.ts';
import type { SageMakerContext } from './service.ts';

/** Answers to calls about training jobs. */
export function trainingJobHandlers({ trainingJobs }: SageMakerContext): Record<string, Handler> {
  return {
    DescribeTrainingJob({ TrainingJobName = '' }: DescribeTrainingJobRequest) {
      const job = trainingJobs.find(TrainingJobName);
      if (!job) throw notFound();
      return job;
    },
    ListTrainingJobs(input: ListTrainingJobsRequest) {
      const { items, nextToken } = select(
        trainingJobs
          .all()
          .filter(({ TrainingJobStatus }) => (input.StatusEquals ?? TrainingJobStatus) === TrainingJobStatus),
        input,
        (job) => ({ name: job.TrainingJobName ?? '', createdAt: job.CreationTime }),
        input.SortBy === 'Name' ? (job) => job.TrainingJobName ?? '' : undefined,
      );
      return {
        TrainingJobSummaries: items.map((job) => ({
          TrainingJobName: job.TrainingJobName,
          TrainingJobArn: job.TrainingJobArn,
          CreationTime: job.CreationTime,
          TrainingEndTime: job.TrainingEndTime,
          LastModifiedTime: job.LastModifiedTime,
          TrainingJobStatus: job.TrainingJobStatus,
          SecondaryStatus: job.SecondaryStatus,
        })),
        NextToken: nextToken,
      };
    },
  };
}
