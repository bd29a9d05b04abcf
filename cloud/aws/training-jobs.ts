import {
  DescribeHyperParameterTuningJobCommand,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobResponse,
  type HyperParameterTrainingJobSummary,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { ask } from './ask.ts';
import { awsErrors } from './errors.ts';

/** A training job, as far as a model's source needs it. */
export interface TrainingJob {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly failureReason: string | undefined;
  /** `s3://…/model.tar.gz`, or a folder where the job was told not to compress. */
  readonly artifact: string | undefined;
  readonly image: string | undefined;
  readonly hyperParameters: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly endedAt: Date | undefined;
}

/** A training job of a tuning job, with what it reached. */
export interface TunedJob {
  readonly name: string;
  readonly objective: { readonly metric: string; readonly value: number } | undefined;
}

export interface TuningJob {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly failureReason: string | undefined;
  readonly goal: 'Maximize' | 'Minimize';
  readonly best: TunedJob | undefined;
}

/** The port to jobs that have run. @throws VergeError AWS_… */
export interface TrainingJobs {
  describe(name: string, signal?: AbortSignal): Promise<TrainingJob>;
  describeTuning(name: string, signal?: AbortSignal): Promise<TuningJob>;
  /** Completed jobs of a tuning job that reached an objective, the best first. @param count at most 100 */
  best(tuning: TuningJob, count: number, signal?: AbortSignal): Promise<TunedJob[]>;
}

const NOT_FOUND = /not found|does not exist|can't find|could not find/i;

export function trainingJobsOf(client: SageMakerClient): TrainingJobs {
  return {
    async describe(name, signal) {
      const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
      const answer = await ask(
        `describing the training job ${JSON.stringify(name)}`,
        () => client.send(command, signal ? { abortSignal: signal } : {}),
        signal,
        ({ name: code, message }) =>
          code === 'ResourceNotFound' || (code === 'ValidationException' && NOT_FOUND.test(message))
            ? awsErrors.make('AWS_TRAINING_JOB_NOT_FOUND', `There is no training job ${JSON.stringify(name)}`)
            : undefined,
      );
      return readTrainingJob(name, answer);
    },

    async describeTuning(name, signal) {
      const command = new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name });
      const answer = await ask(
        `describing the tuning job ${JSON.stringify(name)}`,
        () => client.send(command, signal ? { abortSignal: signal } : {}),
        signal,
        ({ name: code, message }) =>
          code === 'ResourceNotFound' || (code === 'ValidationException' && NOT_FOUND.test(message))
            ? awsErrors.make('AWS_TUNING_JOB_NOT_FOUND', `There is no tuning job ${JSON.stringify(name)}`)
            : undefined,
      );
      const best = answer.BestTrainingJob;
      return {
        name,
        arn: answer.HyperParameterTuningJobArn ?? '',
        status: answer.HyperParameterTuningJobStatus ?? 'Unknown',
        failureReason: answer.FailureReason,
        goal: answer.HyperParameterTuningJobConfig?.HyperParameterTuningJobObjective?.Type ?? 'Maximize',
        best: best && readTunedJob(best),
      };
    },

    async best({ name, goal }, count, signal) {
      const command = new ListTrainingJobsForHyperParameterTuningJobCommand({
        HyperParameterTuningJobName: name,
        StatusEquals: 'Completed',
        SortBy: 'FinalObjectiveMetricValue',
        SortOrder: goal === 'Maximize' ? 'Descending' : 'Ascending',
        MaxResults: count,
      });
      const { TrainingJobSummaries = [] } = await ask(
        `listing the training jobs of the tuning job ${JSON.stringify(name)}`,
        () => client.send(command, signal ? { abortSignal: signal } : {}),
        signal,
      );
      return TrainingJobSummaries.map(readTunedJob).filter(({ objective }) => objective !== undefined);
    },
  };
}

function readTrainingJob(name: string, answer: DescribeTrainingJobResponse): TrainingJob {
  const artifact = answer.ModelArtifacts?.S3ModelArtifacts;
  const metrics = (answer.FinalMetricDataList ?? []).flatMap(({ MetricName, Value }): [string, number][] =>
    MetricName !== undefined && Value !== undefined && Number.isFinite(Value) ? [[MetricName, Value]] : [],
  );
  return {
    name,
    arn: answer.TrainingJobArn ?? '',
    status: answer.TrainingJobStatus ?? 'Unknown',
    failureReason: answer.FailureReason,
    artifact: artifact === '' ? undefined : artifact,
    image: answer.AlgorithmSpecification?.TrainingImage,
    hyperParameters: answer.HyperParameters ?? {},
    metrics: Object.fromEntries(metrics),
    endedAt: answer.TrainingEndTime,
  };
}

function readTunedJob(summary: HyperParameterTrainingJobSummary): TunedJob {
  const metric = summary.FinalHyperParameterTuningJobObjectiveMetric;
  const known = metric?.MetricName !== undefined && metric.Value !== undefined;
  return {
    name: summary.TrainingJobName ?? '',
    objective: known ? { metric: metric.MetricName ?? '', value: metric.Value ?? 0 } : undefined,
  };
}
