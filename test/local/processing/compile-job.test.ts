import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { DescribeProcessingJobCommand, SageMakerClient, StopProcessingJobCommand } from '@aws-sdk/client-sagemaker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LocalStack, localStack } from '../../support/local-stack.ts';
import { intentsMiniArchive, repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';

const TEXTS = 'wake me at seven\nplay some jazz\nwhat is the weather\nset a timer for ten minutes\n';

interface Bench {
  readonly stack: LocalStack;
  readonly folder: string;
  /** Words of a compile as a job, into a folder of this name. */
  words(out: string, ...more: string[]): string[];
}

async function withJob(): Promise<Bench> {
  const [stack, folder] = [localStack(), scratchFolder()];
  await stack.up();
  await stack.local('add-training-job', 'intents-1', intentsMiniArchive, '--metric', 'eval:accuracy=0.9');
  await writeFile(path.join(folder, 'texts.txt'), TEXTS);
  const usual = ['--samples', path.join(folder, 'texts.txt'), '--on', 'sagemaker', '--image', 'node:20'];
  return {
    ...{ stack, folder },
    words: (out, ...more) => ['compile', 'training-job:intents-1', '--out', path.join(folder, out), ...usual, ...more],
  };
}

async function sageMaker(stack: LocalStack): Promise<SageMakerClient> {
  const environment = await stack.environment();
  const client = new SageMakerClient({
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    region: environment.AWS_REGION ?? '',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  });
  onTestFinished(() => client.destroy());
  return client;
}

describe('verge compile --on sagemaker', { timeout: 180_000 }, () => {
  it('makes the bundle that a compile here makes, by a job whose log it passes on, and finds that job again', async () => {
    const { stack, folder, words } = await withJob();
    const here = ['compile', 'training-job:intents-1', '--out', path.join(folder, 'here'), '--json'];

    const first = await stack.verge(...words('first', '--json'));
    const second = await stack.verge(...words('second', '--json'));
    const local = await stack.verge(...here, '--samples', path.join(folder, 'texts.txt'));

    const [byJob, again, plain] = [first, second, local].map(({ stdout }) => JSON.parse(stdout));
    expect(byJob.job).toMatchObject({ name: expect.stringMatching(/^verge-compile-[0-9a-f]{20}$/), ran: true });
    expect(again.job).toEqual({ ...byJob.job, ran: false });
    expect([byJob.digest, again.digest]).toEqual([plain.digest, plain.digest]);
    expect(byJob.manifest.provenance.origin.trainingJob.metrics).toEqual({ 'eval:accuracy': 0.9 });
    expect(first.stderr).toMatch(/Started the processing job .*\n.* {2}pack the bundle …\n/s);
    expect((await readdir(folder)).toSorted()).toEqual(['first', 'here', 'second', 'texts.txt']);
  });

  it('says why a job failed, leaves nothing behind, and starts another one the next time', async () => {
    const { stack, folder, words } = await withJob();

    const first = await stack.verge(...words('out', '--reject-label', 'nope'));
    const second = await stack.verge(...words('out', '--reject-label', 'nope'));

    expect([first.code, second.code]).toEqual([2, 2]);
    expect(first.stderr).toMatch(/ended as Failed \(AlgorithmError: .*exit code: 2; it said last: .*no label "nope"/);
    expect(second.stderr).toMatch(/Started the processing job verge-compile-[0-9a-f]{20}-2 /);
    expect(await readdir(folder)).toEqual(['texts.txt']);
  });

  it('leaves it clear what runs on where it is interrupted, and waits for it the next time', async () => {
    const { stack, folder, words } = await withJob();
    const child = spawn(process.execPath, [repositoryPath('dist/cloud/verge.js'), ...words('out')], {
      env: await stack.environment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stderr.on('data', (bytes: Buffer) => {
      if (String(bytes).includes('Started the processing job')) child.kill('SIGINT');
    });
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));

    const [said, code] = await Promise.all([text(child.stderr), exit]);
    const second = await stack.verge(...words('out', '--json'));

    const [, name = ''] = said.match(/Started the processing job (\S+) /) ?? [];
    expect(code).toBe(130);
    expect(said).toContain(`The processing job ${name} runs on. The same command waits for it again`);
    expect(said).toContain(`aws sagemaker stop-processing-job --processing-job-name ${name}`);
    expect(JSON.parse(second.stdout)).toMatchObject({ job: { name } });
    expect(existsSync(path.join(folder, 'out', 'manifest.json'))).toBe(true);
  });

  it('is stopped by the service where somebody asks for it', async () => {
    const { stack, words } = await withJob();
    const client = await sageMaker(stack);
    const name = 'stopped-by-hand';
    const running = stack.verge(...words('out', '--job-name', name));
    const status = async (): Promise<string | undefined> => {
      const found = await client
        .send(new DescribeProcessingJobCommand({ ProcessingJobName: name }))
        .catch(() => undefined);
      return found?.ProcessingJobStatus;
    };
    await expect.poll(status, { timeout: 30_000 }).toBe('InProgress');

    await client.send(new StopProcessingJobCommand({ ProcessingJobName: name }));
    const first = await running;
    const second = await stack.verge(...words('out', '--job-name', name));

    expect(first.stderr).toMatch(/ended as Stopped/);
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('JOB_NAME_SPENT') });
  });

  it('refuses what cannot become a job before anything is sent', async () => {
    const { stack, words } = await withJob();

    const file = await stack.verge(
      'compile',
      intentsMiniArchive,
      '--out',
      'x',
      '--on',
      'sagemaker',
      '--image',
      'node:20',
    );
    const image = await stack.verge('compile', 'training-job:intents-1', '--out', 'x', '--on', 'sagemaker');
    const where = await stack.verge('compile', 'training-job:intents-1', '--out', 'x', '--on', 'mars');
    const role = await stack.verge(...words('out', '--role', 'devices'));

    expect([file.code, image.code, where.code, role.code]).toEqual([2, 2, 2, 2]);
    expect(file.stderr).toContain('JOB_SOURCE_LOCAL');
    expect(image.stderr).toContain('--on sagemaker needs --image');
    expect(where.stderr).toContain('--on mars is neither here nor sagemaker');
    expect(role.stderr).toContain('--role devices is no ARN of a role');
  });
});

describe('verge compile --neo', { timeout: 180_000 }, () => {
  it("fetches Neo's artifact beside the bundle, and says that devices run the bundle", async () => {
    const { stack, folder } = await withJob();
    const words = ['compile', 'training-job:intents-1', '--out', path.join(folder, 'bundle'), '--neo', 'rasp4b'];

    const { code, stdout } = await stack.verge(...words);

    const files = await readdir(path.join(folder, 'bundle.neo'));
    expect(code).toBe(0);
    expect(files).toEqual(['local-fixture-not-compiled-rasp4b.tar.gz']);
    expect((await readFile(path.join(folder, 'bundle.neo', files[0] ?? ''))).subarray(0, 2)).toEqual(
      Buffer.from([31, 139]),
    );
    expect(stdout).toContain('the device half runs the ONNX model of the bundle');
  });
});
