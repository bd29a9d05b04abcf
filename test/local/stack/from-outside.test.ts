import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CreateComponentVersionCommand,
  CreateDeploymentCommand,
  GreengrassV2Client,
  ListEffectiveDeploymentsCommand,
} from '@aws-sdk/client-greengrassv2';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { connectPublishing } from '../../../cloud/aws/publishing.ts';
import type { AskedInput } from '../../../cloud/local/aws/server.ts';
import { DEVICE_GROUP } from '../../../cloud/local/stack/devices.ts';
import { openStack, type Stack } from '../../../cloud/local/stack/open-stack.ts';
import { accessControlFor } from '../../../recipes/access-control.ts';
import { pythonNote, runPython } from '../../support/botocore/python.ts';
import { intentsMiniArchive, repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';

/** Calls to KMS (the first and the last) and to SNS, for which the stack has no stand-in. */
const NOT_MADE = ['GetPublicKey', 'Publish', 'Sign'];

interface Bench {
  readonly stack: Stack;
  readonly asked: readonly AskedInput[];
  readonly folder: string;
  /** The built command line, or another program, with the stack's environment. */
  run(program: string, ...words: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** @param devices how many run, each with the built runtime */
async function openBench(devices: number): Promise<Bench> {
  const [folder, asked] = [scratchFolder(), [] as AskedInput[]];
  const stack = await openStack({
    folder: path.join(folder, 'stack'),
    region: 'eu-west-1',
    wanted: { nucleus: 'lite', devices },
    log: () => undefined,
    onInput: (input) => asked.push(input),
  });
  onTestFinished(() => stack.close());
  const { endpoint, region, role, bucket, broker } = stack.describe();
  const { accessKeyId, secretAccessKey } = stack.state;
  const s3 = new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true });
  onTestFinished(() => s3.destroy());
  await s3.send(
    new CreateBucketCommand({
      Bucket: 'training',
      CreateBucketConfiguration: { LocationConstraint: region } as object,
    }),
  );
  await s3.send(
    new PutObjectCommand({ Bucket: 'training', Key: 'a/output/model.tar.gz', Body: readFileSync(intentsMiniArchive) }),
  );
  const artifact = 's3://training/a/output/model.tar.gz';
  stack.addTrainingJob({ name: 'intents-1', artifact });
  stack.sageMaker.addTuningJob({
    name: 'intents-tuning',
    objective: { type: 'Maximize', metric: 'accuracy' },
    trainingJobs: [{ name: 'intents-tuned', artifact, metrics: { accuracy: 0.9 } }],
  });
  stack.sageMaker.addModelPackage({ group: 'intents', artifact, trainingJob: 'intents-1' });
  if (devices > 0) await deployRuntime(stack);
  asked.length = 0;
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, TMPDIR: process.env.TMPDIR },
    ...{
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, VERGE_JOB_ROLE: role },
    ...{ VERGE_BUCKET: bucket, VERGE_BROKER: broker },
  };
  return {
    ...{ stack, asked, folder },
    async run(program, ...words) {
      const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
      const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
      return { code, stdout, stderr };
    },
  };
}

/** As an earlier deployment to all devices of the stack left it. */
async function deployRuntime(stack: Stack): Promise<void> {
  const { endpoint, region } = stack.describe();
  const { accessKeyId, secretAccessKey, account } = stack.state;
  const client = new GreengrassV2Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  onTestFinished(() => client.destroy());
  const settings = { fleet: 'shops', heartbeatSeconds: 1, accessControl: accessControlFor('verge.Runtime') };
  const run = `exec ${process.execPath} ${repositoryPath('dist/component/main.js')}`;
  const recipe = {
    ...{ RecipeFormatVersion: '2020-01-25', ComponentName: 'verge.Runtime', ComponentVersion: '0.1.0' },
    ComponentConfiguration: { DefaultConfiguration: settings },
    Manifests: [{ Platform: { os: 'linux', runtime: '*' }, Lifecycle: { run } }],
  };
  await client.send(new CreateComponentVersionCommand({ inlineRecipe: Buffer.from(JSON.stringify(recipe)) }));
  const targetArn = `arn:aws:iot:${region}:${account}:thinggroup/${DEVICE_GROUP}`;
  const components = { 'verge.Runtime': { componentVersion: '0.1.0' } };
  await client.send(new CreateDeploymentCommand({ targetArn, components }));
  const status = async (): Promise<string | undefined> => {
    const answer = await client.send(new ListEffectiveDeploymentsCommand({ coreDeviceThingName: 'local-1' }));
    return answer.effectiveDeployments?.[0]?.coreDeviceExecutionStatus;
  };
  await expect.poll(status, { timeout: 60_000 }).toBe('SUCCEEDED');
}

/** A plan that brings a bundle to all devices of the stack. */
function writePlan(file: string, bundle: string): void {
  const { name, version } = JSON.parse(readFileSync(path.join(bundle, 'manifest.json'), 'utf8'));
  const waves = [{ name: 'all', group: DEVICE_GROUP, bake: '1s' }];
  const plan = { schemaVersion: 1, name: 'first', fleet: 'shops', models: { [name]: version }, waves };
  writeFileSync(file, stringify(plan));
}

/** What publishing asks for where an upload in parts was cut off: only artifacts over 16 MB come in parts. */
async function resumeUpload(stack: Stack): Promise<void> {
  const { endpoint, region, bucket } = stack.describe();
  const { accessKeyId, secretAccessKey } = stack.state;
  const settings = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  const signal = new AbortController().signal;
  const { store, close } = await connectPublishing({ settings, bucket, kmsKey: undefined, signal });
  onTestFinished(close);
  const body = Buffer.from('a part');
  const sha256 = createHash('sha256').update(body).digest('base64');
  await store.uploadPart('resumed', await store.beginUpload('resumed'), 1, body, sha256);
  const found = (await store.unfinishedUpload('resumed')) ?? '';
  await store.completeUpload('resumed', found, await store.parts('resumed', found));
}

/** As the checker takes it: bytes by their number, streams not at all. */
function asLine({ service, operation, input }: AskedInput): string {
  return JSON.stringify({ service, operation, input }, (name, value: unknown) => {
    if (value instanceof Uint8Array) return { bytes: value.length };
    return name === 'Body' ? undefined : value;
  });
}

/** Operations that the only room with SDK clients asks for. */
function callsOfTheProduct(): string[] {
  const folder = repositoryPath('cloud/aws');
  const sources = readdirSync(folder).map((file) => readFileSync(path.join(folder, file), 'utf8'));
  const kms = readFileSync(repositoryPath('cloud/sign/kms-signer.ts'), 'utf8');
  const found = [...sources, kms].flatMap((source) => [...source.matchAll(/new (\w+)Command\(|\bpaginate(\w+)\(/g)]);
  return [...new Set(found.map(([, made = '', paged = '']) => made || paged))].toSorted();
}

const noBotocore = pythonNote('botocore');
const noBoto3 = pythonNote('boto3');

describe('the requests of the product', { timeout: 240_000 }, () => {
  it.skipIf(noBotocore)(
    `fit the service models of botocore, each call of them ${noBotocore ?? ''}`.trim(),
    async () => {
      const { stack, asked, folder, run } = await openBench(1);
      const verge = async (...words: string[]): Promise<void> => {
        const { code, stderr } = await run(process.execPath, repositoryPath('dist/cloud/verge.js'), ...words);
        if (code !== 0) throw new Error(stderr);
      };
      const out = (name: string): string => path.join(folder, name);
      const job = ['--on', 'sagemaker', '--image', 'node:20', '--neo', 'rasp4b'];

      await verge('compile', 'training-job:intents-1', '--out', out('job'), ...job);
      await verge('compile', 'tuning-job:intents-tuning', '--top', '1', '--out', out('tuned'));
      await verge('compile', 'model-package:intents', '--out', out('package'));
      await verge('publish', out('package'));
      await verge('publish', out('package'));
      await verge('doctor');
      writePlan(out('plan.yaml'), out('package'));
      await verge('rollout', 'plan', out('plan.yaml'));
      await verge('rollout', 'start', out('plan.yaml'), '--poll', '0.2');
      await verge('rollout', 'status');
      await resumeUpload(stack);
      const checked = runPython('check_requests.py', asked.map(asLine).join('\n'));

      const seen = new Set(asked.map(({ operation }) => operation));
      expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(callsOfTheProduct().filter((operation) => !seen.has(operation))).toEqual(NOT_MADE);
    },
  );

  it.skipIf(noBotocore)(`would be found out if they did not ${noBotocore ?? ''}`.trim(), () => {
    const input = {
      ProcessingJobName: 'not_a_name',
      RoleArn: 'role',
      Colour: 'red',
      AppSpecification: { ImageUri: 'x'.repeat(300) },
    };

    const { stdout } = runPython(
      'check_requests.py',
      JSON.stringify({ service: 'sagemaker', operation: 'CreateProcessingJob', input }),
    );

    expect(stdout).toMatch(/ProcessingResources is required/);
    expect(stdout).toMatch(/'not_a_name' does not match/);
    expect(stdout).toMatch(/RoleArn: length of 'role' is 4, below 20/);
    expect(stdout).toMatch(/Colour is not in the model/);
    expect(stdout).toMatch(/ImageUri: length of .* is 300, above 255/);
  });
});

describe('the stack', { timeout: 240_000 }, () => {
  it.skipIf(noBoto3)(`serves boto3 and the AWS CLI as AWS would ${noBoto3 ?? ''}`.trim(), async () => {
    const { run } = await openBench(0);

    const { code, stdout, stderr } = await run('python3', repositoryPath('test/support/botocore/use_stack.py'));

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^boto3\n/);
  });
});
