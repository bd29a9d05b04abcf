import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import {
  CreateComponentVersionCommand,
  CreateDeploymentCommand,
  GreengrassV2Client,
} from '@aws-sdk/client-greengrassv2';
import { CreateThingCommand, IoTClient } from '@aws-sdk/client-iot';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asShell, environmentOf } from '../../../cloud/commands/local/environment.ts';
import { runningStack, statusOf } from '../../../cloud/local/stack/background.ts';
import { readState } from '../../../cloud/local/stack/state.ts';
import { type LocalStack, localStack } from '../../support/local-stack.ts';
import { intentsMiniArchive } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';

async function clientSettings(stack: LocalStack) {
  const { AWS_ENDPOINT_URL = '', AWS_REGION = '', ...keys } = await stack.environment();
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = keys;
  return { endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials: { accessKeyId, secretAccessKey } };
}

describe('verge local', { timeout: 180_000 }, () => {
  it('comes up in the background, says so when it is asked again, and goes down for good', async () => {
    const stack = localStack();

    const first = await stack.up();
    const second = await stack.up();
    const running = await stack.local('status');
    const down = await stack.local('down');
    const after = await stack.local('status');
    const again = await stack.local('down');

    expect([first.started, second.started, second.pid]).toEqual([true, false, first.pid]);
    expect(running).toMatchObject({ code: 0, stdout: expect.stringContaining(first.endpoint) });
    expect(running.stdout).toMatch(/greengrass .*mqtt/s);
    expect([first.endpoint, first.broker].map((url) => new URL(url).hostname)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(down).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Down\./) });
    await expect(fetch(first.endpoint)).rejects.toThrow();
    expect(after).toMatchObject({ code: 2, stdout: expect.stringMatching(/is down\. Next: verge local up/) });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('No stack is up') });
    expect(await readdir(stack.folder)).not.toContain('stack.pid');
    expect(await readFile(path.join(stack.folder, 'stack.log'), 'utf8')).toMatch(/Up: AWS at .*Going down.*Down\n$/s);
  });

  it('knows after a restart what it knew, at the address where it was', async () => {
    const stack = localStack();
    const first = await stack.up();
    const settings = await clientSettings(stack);
    const [s3, iot] = [new S3Client(settings), new IoTClient(settings)];
    onTestFinished(() => [s3, iot].forEach((client) => void client.destroy()));
    await s3.send(new PutObjectCommand({ Bucket: first.bucket, Key: 'kept', Body: 'text' }));
    await iot.send(new CreateThingCommand({ thingName: 'oven-17' }));
    await stack.local('add-training-job', 'intents-1', intentsMiniArchive);
    const compiled = path.join(scratchFolder(), 'bundle');
    await stack.verge('compile', 'training-job:intents-1', '--out', compiled);
    await stack.verge('publish', compiled);
    await stack.local('down');

    const second = await stack.up();
    const published = await stack.verge('publish', compiled);
    const things = await iot.send(new CreateThingCommand({ thingName: 'oven-17' }));

    expect([second.endpoint, second.broker]).toEqual([first.endpoint, first.broker]);
    expect(second.trainingJobs).toEqual(['intents-1']);
    expect(published.stdout).toContain('verge.model.intents-1 1.0.0 is already there');
    expect(things.thingArn).toBe(`arn:aws:iot:eu-west-1:${second.account}:thing/oven-17`);
    expect(await readdir(path.join(stack.folder, 's3'))).toEqual([second.bucket]);
  });

  it('takes up what a killed one left, and says that it was killed', async () => {
    const stack = localStack();
    const { pid } = await stack.up();
    await stack.local('add-training-job', 'intents-1', intentsMiniArchive);
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await statusOf(stack.folder)).state, { timeout: 30_000 }).toBe('down');

    const status = await stack.local('status');
    const up = await stack.local('up', '--json');

    expect(status).toMatchObject({ code: 2, stdout: expect.stringContaining('is down') });
    expect(up.stderr).toContain(`an earlier stack (process ${pid}) had ended without a word`);
    expect(JSON.parse(up.stdout)).toMatchObject({ started: true, trainingJobs: ['intents-1'] });
    expect(stack.pid()).not.toBe(pid);
  });

  it('takes no process that has the id of an earlier stack for the stack', async () => {
    const stack = localStack();
    await stack.up();
    await stack.local('down');
    await writeFile(path.join(stack.folder, 'stack.pid'), `${process.pid}\n`);

    const down = await stack.local('down');
    const up = await stack.up();

    expect(down.stdout).toContain('No stack is up');
    expect(up.started).toBe(true);
  });

  it('takes another port where somebody has the one of last time', async () => {
    const stack = localStack();
    const first = await stack.up();
    await stack.local('down');
    const squatter = createServer();
    onTestFinished(() => void squatter.close());
    await new Promise<void>((resolve) => {
      squatter.listen(Number(new URL(first.endpoint).port), '127.0.0.1', resolve);
    });

    const second = await stack.up();

    expect(second.endpoint).not.toBe(first.endpoint);
    expect(second.broker).toBe(first.broker);
  });

  it('comes up once where two start it at the same time', async () => {
    const stack = localStack();

    const both = await Promise.all([stack.local('up', '--json'), stack.local('up', '--json')]);
    const status = await stack.local('status', '--json');

    const ups = both.filter(({ code }) => code === 0);
    const others = both.filter(({ code }) => code !== 0);
    expect(ups.length).toBeGreaterThan(0);
    expect(others.every(({ stderr }) => stderr.includes('LOCAL_STARTING'))).toBe(true);
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'up', pid: stack.pid() });
  });

  it('leaves nothing up of a stack that cannot start, and says why', async () => {
    const stack = localStack();
    await stack.up();
    await stack.local('down');
    await writeFile(path.join(stack.folder, 'sagemaker', 'training-jobs', 'broken.json'), 'no JSON');

    const { code, stderr } = await stack.local('up');

    expect(code).toBe(1);
    expect(stderr).toMatch(/The stack did not come up \(.*JSON.*stack\.log\)/s);
    expect(await stack.local('status')).toMatchObject({ code: 2 });
    expect(await readdir(stack.folder)).not.toContain('stack.pid');
  });

  it('refuses a state that is none, and an action that it does not know', async () => {
    const stack = localStack();
    await stack.up();
    await stack.local('down');
    await writeFile(path.join(stack.folder, 'stack.json'), '{"schemaVersion": 7}');

    const broken = await stack.local('up');
    const unknown = await stack.local('sideways');
    const absent = await localStack().local('env');

    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('LOCAL_STATE_UNREADABLE') });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('"sideways" is none of up, down') });
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringContaining('Start it with `verge local up`') });
  });
});

describe('verge local up --devices', { timeout: 180_000 }, () => {
  it('has cores that join as core devices do, take a deployment, and run it again after a restart', async () => {
    const stack = localStack();
    await stack.up('--devices', '2', '--lite');
    const client = new GreengrassV2Client(await clientSettings(stack));
    onTestFinished(() => client.destroy());
    const recipe = {
      ...{ RecipeFormatVersion: '2020-01-25', ComponentName: 'com.example.Kiosk', ComponentVersion: '1.0.0' },
      Manifests: [{ Platform: { os: 'linux', runtime: '*' }, Lifecycle: { run: 'exec sleep infinity' } }],
    };
    const components = async (): Promise<string[]> => {
      const { devices } = await runningStack(stack.folder);
      return devices.flatMap(({ thing, components: all }) =>
        all.map(({ name, version, state }) => `${thing} ${name} ${version} ${state}`),
      );
    };
    const everywhere = ['local-1', 'local-2'].map((thing) => `${thing} com.example.Kiosk 1.0.0 RUNNING`);

    const inlineRecipe = Buffer.from(JSON.stringify(recipe));
    await client.send(new CreateComponentVersionCommand({ inlineRecipe }));
    await client.send(
      new CreateDeploymentCommand({
        targetArn: 'arn:aws:iot:eu-west-1:000000000000:thinggroup/local',
        components: { 'com.example.Kiosk': { componentVersion: '1.0.0' } },
      }),
    );
    await expect.poll(components, { timeout: 60_000 }).toEqual(everywhere);
    // Killed, so that nobody ends what the devices run.
    const { pid } = await runningStack(stack.folder);
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await statusOf(stack.folder)).state, { timeout: 30_000 }).toBe('down');
    const again = await stack.up();

    expect(again.devices.map(({ thing, nucleus }) => `${thing} ${nucleus.split(' ')[0]}`)).toEqual([
      'local-1 lite',
      'local-2 lite',
    ]);
    await expect.poll(components, { timeout: 60_000 }).toEqual(everywhere);
    const log = await readFile(path.join(stack.folder, 'stack.log'), 'utf8');
    expect(log.match(/Ended process \d+, which an earlier stack had left/g)).toHaveLength(2);
  });
});

describe('verge local env', { timeout: 180_000 }, () => {
  it('points the product at the stack with nothing else said', async () => {
    const stack = localStack();
    await stack.up();
    await stack.local('add-training-job', 'intents-1', intentsMiniArchive, '--metric', 'eval:accuracy=0.9');
    const out = path.join(scratchFolder(), 'bundle');

    const doctor = await stack.verge('doctor', '--json');
    const compiled = await stack.verge('compile', 'training-job:intents-1', '--out', out, '--json');
    const published = await stack.verge('publish', out, '--json');

    expect(JSON.parse(doctor.stdout)).toMatchObject({ failed: 0 });
    expect(JSON.parse(compiled.stdout)).toMatchObject({
      manifest: { provenance: { origin: { trainingJob: { metrics: { 'eval:accuracy': 0.9 } } } } },
    });
    expect(JSON.parse(published.stdout)).toMatchObject({ change: 'published' });
  });

  it('takes away what would lead a tool elsewhere', async () => {
    const stack = localStack();
    await stack.up();
    const description = await runningStack(stack.folder);
    const state = readState(stack.folder);
    if (!state) throw new Error('The stack has no state');

    const there = environmentOf(description, state, { AWS_PROFILE: 'work', AWS_ENDPOINT_URL_S3: 'https://s3.example' });
    const { stdout } = await stack.local('env');

    expect(asShell(there)).toMatch(/^unset AWS_PROFILE\nunset AWS_ENDPOINT_URL_S3\nexport AWS_ENDPOINT_URL='http/);
    expect(stdout).toContain(`export AWS_ENDPOINT_URL='${description.endpoint}'\n`);
    expect(stdout).not.toContain('unset');
  });
});

describe('verge local add-training-job', { timeout: 180_000 }, () => {
  it('refuses a name that is taken, one that SageMaker would not have, and no archive', async () => {
    const stack = localStack();
    await stack.up();
    await stack.local('add-training-job', 'intents-1', intentsMiniArchive);

    const taken = await stack.local('add-training-job', 'intents-1', intentsMiniArchive);
    const invalid = await stack.local('add-training-job', 'intents_1', intentsMiniArchive);
    const absent = await stack.local('add-training-job', 'intents-2', 'absent.tar.gz');
    const metric = await stack.local('add-training-job', 'intents-3', intentsMiniArchive, '--metric', 'accuracy=high');

    expect([taken.code, invalid.code, absent.code, metric.code]).toEqual([2, 2, 2, 2]);
    expect(taken.stderr).toContain('LOCAL_NAME_TAKEN');
    expect(invalid.stderr).toContain('LOCAL_NAME_INVALID');
    expect(absent.stderr).toContain('absent.tar.gz is not there');
    expect(metric.stderr).toContain('--metric accuracy=high is no number');
  });
});
