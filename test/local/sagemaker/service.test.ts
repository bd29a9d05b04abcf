import {
  CreateTrainingJobCommand,
  DescribeHyperParameterTuningJobCommand,
  DescribeModelPackageCommand,
  DescribeTrainingJobCommand,
  ListModelPackagesCommand,
  ListTrainingJobsCommand,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  paginateListTrainingJobs,
  UpdateModelPackageCommand,
} from '@aws-sdk/client-sagemaker';
import { describe, expect, it } from 'vitest';
import { refusal, startTestStack, testCredentials } from '../../support/aws-stack.ts';
import { scratchFolder } from '../../support/scratch.ts';

const artifact = 's3://models/intents/output/model.tar.gz';
const day = (number: number): Date => new Date(Date.UTC(2026, 10, number));

describe('the stand-in of SageMaker', () => {
  it('describes a training job as it was put in, also after a restart', async () => {
    const folder = scratchFolder();
    const first = await startTestStack({ folder });
    const arn = first.jobs.addTrainingJob({
      name: 'intents-1',
      artifact,
      image: 'image:1',
      hyperParameters: { epochs: '3' },
      metrics: { 'eval:accuracy': 0.93 },
      createdAt: day(1),
    });
    const describeIt = new DescribeTrainingJobCommand({ TrainingJobName: 'intents-1' });

    const before = await first.sageMaker().send(describeIt);
    await first.close();
    const after = await (await startTestStack({ folder })).sageMaker().send(describeIt);

    expect(before).toMatchObject({
      TrainingJobArn: arn,
      TrainingJobStatus: 'Completed',
      ModelArtifacts: { S3ModelArtifacts: artifact },
      AlgorithmSpecification: { TrainingImage: 'image:1' },
      HyperParameters: { epochs: '3' },
      FinalMetricDataList: [{ MetricName: 'eval:accuracy', Value: 0.93 }],
      CreationTime: day(1),
    });
    expect({ ...after, $metadata: {} }).toEqual({ ...before, $metadata: {} });
  });

  it('lists training jobs newest first, page by page, by name and by status', async () => {
    const stack = await startTestStack();
    for (const number of [1, 2, 3, 4, 5]) {
      stack.jobs.addTrainingJob({
        name: `${number % 2 === 0 ? 'topics' : 'intents'}-${number}`,
        artifact,
        createdAt: day(number),
        ...(number === 3 ? { status: 'Failed', failureReason: 'OutOfMemory' } : {}),
      });
    }
    const client = stack.sageMaker();

    const pages = [];
    for await (const page of paginateListTrainingJobs({ client, pageSize: 2 }, {})) pages.push(page);
    const chosen = await client.send(
      new ListTrainingJobsCommand({ NameContains: 'INTENTS', StatusEquals: 'Completed', SortOrder: 'Ascending' }),
    );

    const names = pages.map(({ TrainingJobSummaries = [] }) => TrainingJobSummaries.map((one) => one.TrainingJobName));
    expect(names).toEqual([['intents-5', 'topics-4'], ['intents-3', 'topics-2'], ['intents-1']]);
    expect(chosen.TrainingJobSummaries?.map((one) => one.TrainingJobName)).toEqual(['intents-1', 'intents-5']);
  });

  it('knows the best job of a tuning job, and all of them in the order of the objective', async () => {
    const stack = await startTestStack();
    stack.jobs.addTuningJob({
      name: 'tune',
      objective: { type: 'Minimize', metric: 'eval:loss' },
      trainingJobs: [0.3, 0.1, 0.2].map((loss, index) => ({
        name: `tune-${index}`,
        artifact,
        metrics: { 'eval:loss': loss },
        hyperParameters: { rate: String(index) },
      })),
    });
    const HyperParameterTuningJobName = 'tune';
    const client = stack.sageMaker();

    const job = await client.send(new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName }));
    const list = await client.send(
      new ListTrainingJobsForHyperParameterTuningJobCommand({
        HyperParameterTuningJobName,
        SortBy: 'FinalObjectiveMetricValue',
        SortOrder: 'Ascending',
      }),
    );

    expect(job.BestTrainingJob).toMatchObject({
      TrainingJobName: 'tune-1',
      TunedHyperParameters: { rate: '1' },
      FinalHyperParameterTuningJobObjectiveMetric: { MetricName: 'eval:loss', Value: expect.closeTo(0.1) },
    });
    expect(list.TrainingJobSummaries?.map((one) => one.TrainingJobName)).toEqual(['tune-1', 'tune-2', 'tune-0']);
  });

  it('keeps a registry: versions of a group by approval, and metadata that can be written back', async () => {
    const stack = await startTestStack();
    const arns = (['Approved', 'Rejected', 'Approved', 'PendingManualApproval'] as const).map((approval, index) =>
      stack.jobs.addModelPackage({ group: 'intents', artifact, approval, createdAt: day(index + 1) }),
    );
    const client = stack.sageMaker();
    const [first = '', , third] = arns;

    const approved = await client.send(
      new ListModelPackagesCommand({ ModelPackageGroupName: 'intents', ModelApprovalStatus: 'Approved' }),
    );
    await client.send(
      new UpdateModelPackageCommand({
        ModelPackageArn: first,
        CustomerMetadataProperties: { 'verge:digest': 'abc', 'verge:old': 'x' },
      }),
    );
    await client.send(
      new UpdateModelPackageCommand({ ModelPackageArn: first, CustomerMetadataPropertiesToRemove: ['verge:old'] }),
    );
    const updated = await client.send(new DescribeModelPackageCommand({ ModelPackageName: first }));

    expect(approved.ModelPackageSummaryList?.map((one) => one.ModelPackageArn)).toEqual([third, first]);
    expect(updated).toMatchObject({
      ModelPackageVersion: 1,
      InferenceSpecification: { Containers: [{ ModelDataUrl: artifact }] },
      CustomerMetadataProperties: { 'verge:digest': 'abc' },
    });
  });

  it('refuses in the words of SageMaker', async () => {
    const stack = await startTestStack();
    const arn = stack.jobs.addModelPackage({ group: 'intents', artifact });
    const client = stack.sageMaker();
    const stranger = stack.sageMaker({ credentials: { ...testCredentials, secretAccessKey: 'guessed' } });
    const tuning = new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'none' });
    const braces = { ModelPackageArn: arn, CustomerMetadataProperties: { report: '{"a": 1}' } };

    const refused = [
      await refusal(client.send(new DescribeTrainingJobCommand({ TrainingJobName: 'none' }))),
      await refusal(client.send(new DescribeTrainingJobCommand({ TrainingJobName: undefined }))),
      await refusal(client.send(tuning)),
      await refusal(client.send(new DescribeModelPackageCommand({ ModelPackageName: `${arn}0` }))),
      await refusal(client.send(new UpdateModelPackageCommand(braces))),
      await refusal(client.send(new ListTrainingJobsCommand({ NextToken: 'bm9uZQ' }))),
      await refusal(stranger.send(tuning)),
    ];
    stack.faults.inject({ service: 'sagemaker', fault: { kind: 'throttle' } });
    const throttled = await refusal(client.send(tuning));
    const unknown = new CreateTrainingJobCommand({
      TrainingJobName: 'new',
      RoleArn: 'arn:aws:iam::123456789012:role/training',
      OutputDataConfig: { S3OutputPath: 's3://models/' },
      StoppingCondition: {},
    });
    const absent = await refusal(client.send(unknown));

    expect(refused.map(({ name }) => name)).toEqual([
      'ValidationException',
      'ValidationException',
      'ResourceNotFound',
      'ValidationException',
      'ValidationException',
      'ValidationException',
      'InvalidSignatureException',
    ]);
    expect([throttled.name, absent.name]).toEqual(['ThrottlingException', 'NotImplemented']);
  });
});
