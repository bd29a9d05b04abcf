import { DescribeModelPackageCommand } from '@aws-sdk/client-sagemaker';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SourcePorts } from '../../../cloud/aws/connect.ts';
import { locate } from '../../../cloud/source/locate.ts';
import { parseSource } from '../../../cloud/source/parse-source.ts';
import { startTestStack, type TestStack, testCredentials } from '../../support/aws-stack.ts';

const artifact = 's3://models/intents/output/model.tar.gz';
const place = { bucket: 'models', key: 'intents/output/model.tar.gz' };
const createdAt = new Date('2026-11-01T00:00:00Z');

function connected(stack: TestStack, settings = {}): SourcePorts {
  const ports = stack.connect(settings);
  onTestFinished(() => ports.close());
  return ports;
}

function find(text: string, ports: SourcePorts): Promise<unknown> {
  const source = parseSource(text);
  if (source.kind === 'path') throw new Error('A path needs no locating');
  return locate(source, ports);
}

/** The code and the sentence that a source is refused with. */
async function refused(text: string, ports: SourcePorts): Promise<string> {
  return find(text, ports).then(
    () => 'found',
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  );
}

describe('a source in AWS', () => {
  it('is the artifact of a training job, with what the job knows of it and without its secrets', async () => {
    const stack = await startTestStack();
    const arn = stack.jobs.addTrainingJob({
      name: 'intents-1',
      artifact,
      image: 'image:1',
      hyperParameters: { epochs: '3', batch_size: '16', hub_token: 'hf_secret', API_KEY: 'sk-1' },
      metrics: { 'eval:f1': 0.5, 'eval:accuracy': 0.75 },
      createdAt,
    });

    const located = await find('training-job:intents-1', connected(stack));

    expect(located).toEqual({
      place,
      name: 'intents-1',
      claimedBy: 'the training job "intents-1"',
      origin: {
        trainingJob: {
          arn,
          name: 'intents-1',
          image: 'image:1',
          hyperParameters: { batch_size: '16', epochs: '3' },
          metrics: { 'eval:accuracy': 0.75, 'eval:f1': 0.5 },
          endedAt: '2026-11-01T00:10:00.000Z',
        },
      },
    });
  });

  it('is the best job of a tuning job', async () => {
    const stack = await startTestStack();
    stack.jobs.addTuningJob({
      name: 'tune',
      objective: { type: 'Maximize', metric: 'eval:f1' },
      trainingJobs: [0.25, 0.75, 0.5].map((f1, index) => ({
        name: `tune-${index}`,
        artifact: artifact.replace('intents', `tune-${index}`),
        metrics: { 'eval:f1': f1 },
      })),
    });

    const located = await find('tuning-job:tune', connected(stack));

    expect(located).toMatchObject({
      place: { key: 'tune-1/output/model.tar.gz' },
      name: 'tune',
      origin: { trainingJob: { name: 'tune-1' }, tuningJob: { objective: { metric: 'eval:f1', value: 0.75 } } },
    });
  });

  it('is the latest approved version of a group, or the version that is named, with the job behind it', async () => {
    const stack = await startTestStack();
    stack.jobs.addTrainingJob({ name: 'intents-1', artifact });
    const add = (version: number, approval: 'Approved' | 'Rejected', trainingJob?: string): string =>
      stack.jobs.addModelPackage({
        ...{ group: 'intents', artifact, approval, createdAt: new Date(createdAt.getTime() + version * 1000) },
        ...(trainingJob === undefined ? {} : { trainingJob }),
      });
    const first = add(1, 'Approved', 'a-job-that-is-gone');
    const second = add(2, 'Approved', 'intents-1');
    add(3, 'Rejected');
    const ports = connected(stack);

    const groupArn = 'arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/intents';

    const latest = await find('model-package:intents', ports);
    const [named, byArn] = [
      await find(`model-package:${first}`, ports),
      await find(`model-package:${groupArn}`, ports),
    ];

    expect(byArn).toEqual(latest);
    expect(latest).toMatchObject({
      place,
      name: 'intents',
      origin: { modelPackage: { arn: second, group: 'intents', version: 2 }, trainingJob: { name: 'intents-1' } },
    });
    expect(named).toEqual({
      place,
      name: 'intents',
      claimedBy: `the model package "${first}"`,
      origin: { modelPackage: { arn: first, group: 'intents', version: 1 } },
    });
  });

  it('is refused in a sentence that says what is wrong with it and what to do', async () => {
    const stack = await startTestStack();
    const { jobs } = stack;
    jobs.addTrainingJob({ name: 'running', artifact, status: 'InProgress' });
    jobs.addTrainingJob({ name: 'failed', artifact, status: 'Failed', failureReason: 'AlgorithmError: CUDA OOM' });
    jobs.addTrainingJob({ name: 'folder', artifact: 's3://models/intents/output/model/' });
    jobs.addTrainingJob({ name: 'empty', artifact: '' });
    const waiting = jobs.addModelPackage({ group: 'waiting', artifact, approval: 'PendingManualApproval' });
    jobs.addTuningJob({ name: 'tune', objective: { type: 'Maximize', metric: 'f1' }, trainingJobs: [] });
    const ports = connected(stack);
    const sources = [
      ...['training-job:none', 'training-job:running', 'training-job:failed', 'training-job:folder'],
      ...['training-job:empty', 'tuning-job:none', 'tuning-job:tune', 'model-package:none'],
      ...['model-package:waiting', `model-package:${waiting}`, `model-package:${waiting}0`],
    ];

    const sentences: string[] = [];
    for (const source of sources) sentences.push(await refused(source, ports));

    expect(sentences).toEqual([
      expect.stringMatching(/^AWS_TRAINING_JOB_NOT_FOUND: There is no training job "none"\. /),
      expect.stringMatching(
        /^ORIGIN_JOB_UNFINISHED: The training job "running" has not completed, it is InProgress\. /,
      ),
      expect.stringMatching(
        /^ORIGIN_JOB_FAILED: The training job "failed" did not complete, it is Failed: .*CUDA OOM\. /,
      ),
      expect.stringMatching(/^ORIGIN_NOT_ONE_FILE: The training job "folder" has its model as a folder \(s3:.*\), not/),
      expect.stringMatching(/^ORIGIN_JOB_EMPTY: The training job "empty" completed and left no model artifact\. /),
      expect.stringMatching(/^AWS_TUNING_JOB_NOT_FOUND: There is no tuning job "none"\. /),
      expect.stringMatching(
        /^ORIGIN_TUNING_EMPTY: The tuning job "tune" has no training job that reached its objective/,
      ),
      expect.stringMatching(/^AWS_MODEL_PACKAGE_NOT_FOUND: There is no model package group "none"\. /),
      expect.stringMatching(
        /^ORIGIN_PACKAGE_NOT_APPROVED: The model package group "waiting" has no version that is app/,
      ),
      expect.stringMatching(
        /^ORIGIN_PACKAGE_NOT_APPROVED: The model package "arn.*" is PendingManualApproval\. Have it/,
      ),
      expect.stringMatching(/^AWS_MODEL_PACKAGE_NOT_FOUND: There is no model package "arn.*"\. /),
    ]);
  });

  it.each([
    ['s3://', 'names no bucket'],
    ['s3://Models/key', 'names no bucket'],
    ['s3://models', 'names a bucket and no object in it'],
    ['s3://models/', 'names a bucket and no object in it'],
    [`s3://models/${'k'.repeat(1025)}`, 'has a key of more than 1024 bytes'],
    ['training-job:', 'is not a name that SageMaker allows'],
    ['training-job:a b', 'is not a name that SageMaker allows'],
    [`tuning-job:${'t'.repeat(33)}`, 'is not a name that SageMaker allows'],
    ['model-package:arn:aws:sagemaker:eu-west-1:1:model-package/x', 'is not a name that SageMaker allows'],
  ])('is refused where %s is no address', (text, why) => {
    const parse = (): unknown => parseSource(text);

    expect(parse).toThrowError(expect.objectContaining({ code: 'ORIGIN_ADDRESS_INVALID' }));
    expect(parse).toThrowError(why);
  });

  it('is refused in a sentence where AWS does not answer', async () => {
    const stack = await startTestStack();
    stack.jobs.addTrainingJob({ name: 'intents-1', artifact });
    const ask = (settings?: object): Promise<string> =>
      refused('training-job:intents-1', connected(stack, { maxAttempts: 1, ...settings })).then(
        (sentence) => sentence.split(': ')[0] ?? '',
      );
    const denied = {
      kind: 'error',
      code: 'AccessDeniedException',
      status: 400,
      message: 'User: x is not authorized to perform: sagemaker:DescribeTrainingJob',
    } as const;
    const expired = { kind: 'error', code: 'ExpiredTokenException', status: 400, message: 'expired' } as const;
    const broken = { kind: 'error', code: 'InternalFailure', status: 500, message: 'oh' } as const;

    const codes = [
      await ask({ credentials: { ...testCredentials, secretAccessKey: 'guessed' } }),
      await ask({ endpoint: 'http://127.0.0.1:9' }),
    ];
    for (const fault of [denied, expired, broken, { kind: 'throttle' }] as const) {
      stack.faults.inject({ fault });
      codes.push(await ask());
    }

    expect(codes).toEqual([
      'AWS_CREDENTIALS_REFUSED',
      'AWS_UNREACHABLE',
      'AWS_ACCESS_DENIED',
      'AWS_CREDENTIALS_EXPIRED',
      'AWS_SERVICE_FAILED',
      'AWS_THROTTLED',
    ]);
  });

  it('is found where calls fail once each, in every way that passes', async () => {
    const stack = await startTestStack();
    stack.jobs.addModelPackage({ group: 'intents', artifact });
    const ports = connected(stack);
    const faults = [
      { kind: 'throttle' },
      { kind: 'disconnect' },
      { kind: 'lose-answer' },
      { kind: 'error', code: 'InternalFailure', status: 500, message: 'oh' },
    ] as const;

    const found = [];
    for (const fault of faults) {
      for (const operation of ['ListModelPackages', 'DescribeModelPackage']) {
        stack.faults.inject({ operation, fault });
        found.push(await find('model-package:intents', ports));
      }
    }

    expect(found).toHaveLength(8);
    expect(found).toMatchObject(Array(8).fill({ place }));
  });

  it('has written back what was made of it, in characters that the registry takes', async () => {
    const stack = await startTestStack();
    const arn = stack.jobs.addModelPackage({ group: 'intents', artifact });
    const { modelPackages } = connected(stack);

    await modelPackages.annotate(arn, { 'verge:bundle-digest': 'a'.repeat(64), 'verge:note': '99 % {ok}', empty: '' });
    await modelPackages.annotate(arn, { 'verge:note': 'again' });
    const described = await stack.sageMaker().send(new DescribeModelPackageCommand({ ModelPackageName: arn }));

    expect(described.CustomerMetadataProperties).toEqual({
      'verge:bundle-digest': 'a'.repeat(64),
      'verge:note': 'again',
    });
  });
});
