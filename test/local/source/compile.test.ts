import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestStack, type TestStack, testCredentials, testRegion } from '../../support/aws-stack.ts';
import { labelledSamples } from '../../support/compile-request.ts';
import { intentsMiniArchive, repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What is left among the temporary files. */
  readonly left: readonly string[];
}

const Bucket = 'training-output';
const Key = 'intents-1/output/model.tar.gz';

function environmentOf(stack: TestStack): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: stack.url,
    AWS_REGION: testRegion,
    AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
  };
}

/** The built command line, in an environment that holds nothing of this machine's AWS profiles. */
async function compile(environment: Record<string, string>, ...words: string[]): Promise<Ended> {
  return begin(environment, ...words).ended;
}

/** The same, for whoever does not wait until it ends. */
function begin(
  environment: Record<string, string>,
  ...words: string[]
): { child: ChildProcess; ended: Promise<Ended> } {
  const home = scratchFolder();
  const temporary = path.join(home, 'tmp');
  mkdirSync(temporary);
  const child = spawn(process.execPath, [repositoryPath('dist/cloud/verge.js'), 'compile', ...words], {
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: temporary, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = Promise.all([text(child.stdout), text(child.stderr), exit]).then(async ([stdout, stderr, code]) => ({
    code,
    stdout,
    stderr,
    left: await readdir(temporary),
  }));
  return { child, ended };
}

async function withJob(): Promise<TestStack> {
  const stack = await startTestStack();
  const artifact = await stack.put(Bucket, Key, await readFile(intentsMiniArchive));
  stack.jobs.addTrainingJob({
    name: 'Intents-1',
    artifact,
    image: '763104351884.dkr.ecr.eu-west-1.amazonaws.com/huggingface-pytorch-training:2.1.0-cpu-py310',
    hyperParameters: { epochs: '3', hub_token: 'hf_secret' },
    metrics: { 'eval:accuracy': 0.5 },
    createdAt: new Date('2026-11-01T00:00:00Z'),
  });
  return stack;
}

describe('verge compile training-job:NAME', () => {
  it('makes a bundle that knows where it came from, and prints it as JSON', async () => {
    const stack = await withJob();
    const out = path.join(scratchFolder(), 'bundle');

    const ended = await compile(
      environmentOf(stack),
      ...['training-job:Intents-1', '--out', out, '--samples', labelledSamples, '--json'],
    );

    const archive = await readFile(intentsMiniArchive);
    const { manifest } = JSON.parse(ended.stdout) as { manifest: { provenance: unknown; name: string } };
    const written = JSON.parse(await readFile(path.join(out, 'manifest.json'), 'utf8')) as typeof manifest;
    expect({ code: ended.code, left: ended.left }).toEqual({ code: 0, left: [] });
    expect(written).toEqual(manifest);
    expect(manifest.name).toBe('intents-1');
    expect(manifest.provenance).toMatchObject({
      source: { kind: 'archive', name: 'model.tar.gz', sha256: createHash('sha256').update(archive).digest('hex') },
      origin: {
        uri: `s3://${Bucket}/${Key}`,
        etag: createHash('md5').update(archive).digest('hex'),
        verifiedBy: 'CRC32',
        trainingJob: {
          arn: 'arn:aws:sagemaker:eu-west-1:123456789012:training-job/Intents-1',
          hyperParameters: { epochs: '3' },
          metrics: { 'eval:accuracy': 0.5 },
          endedAt: '2026-11-01T00:10:00.000Z',
        },
      },
    });
    expect(await readFile(path.join(out, 'MODEL_CARD.md'), 'utf8')).toContain('| training job | Intents-1 (eval:acc');
    expect(ended.stderr).toMatch(/^fetch the model …\n/);
  });

  it('makes the same model as from the file', async () => {
    const stack = await withJob();
    const folder = scratchFolder();
    const words = ['--samples', labelledSamples, '--name', 'same', '--json'];
    const files = async (source: string, out: string): Promise<unknown> => {
      const { stdout } = await compile(environmentOf(stack), source, '--out', path.join(folder, out), ...words);
      const { manifest } = JSON.parse(stdout) as { manifest: { files: { name: string }[] } };
      // The card tells where the model came from.
      return manifest.files.filter(({ name }) => name !== 'MODEL_CARD.md');
    };

    const [fetched, local] = [await files(`s3://${Bucket}/${Key}`, 'a'), await files(intentsMiniArchive, 'b')];

    expect(fetched).toEqual(local);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'there are no credentials',
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      'AWS_CREDENTIALS_MISSING',
      /No AWS credentials were found for describing the training job "Intents-1" .*aws sso login/s,
    ],
    ['there is no region', { AWS_REGION: '' }, 'AWS_REGION_MISSING', /No AWS region is set .* Set AWS_REGION/],
    [
      'nobody knows the credentials',
      { AWS_ACCESS_KEY_ID: 'AKIANOBODY' },
      'AWS_CREDENTIALS_REFUSED',
      /AWS does not know these credentials/,
    ],
    [
      'nobody answers',
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
      'AWS_UNREACHABLE',
      /AWS cannot be reached .*ECONNREFUSED/,
    ],
  ])('says in a sentence that %s, and leaves nothing behind', async (_, changes, code, sentence) => {
    const stack = await withJob();
    const folder = scratchFolder();
    const words = ['training-job:Intents-1', '--out', path.join(folder, 'out/bundle'), '--json'];

    const ended = await compile({ ...environmentOf(stack), ...changes }, ...words);

    expect({ code: ended.code, left: ended.left }).toEqual({ code: 2, left: [] });
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code } });
    expect(ended.stderr).toMatch(sentence);
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says that the artifact is gone, or that it is not allowed, and leaves nothing behind', async () => {
    const stack = await withJob();
    stack.jobs.addTrainingJob({ name: 'gone', artifact: `s3://${Bucket}/gone/output/model.tar.gz` });
    const folder = scratchFolder();
    const words = ['--out', path.join(folder, 'out/bundle')];

    const gone = await compile(environmentOf(stack), 'training-job:gone', ...words);
    const missing = await compile(environmentOf(stack), 's3://nowhere-at-all/model.tar.gz', ...words);
    stack.faults.inject({
      operation: 'HeadObject',
      fault: { kind: 'error', code: 'AccessDenied', status: 403, message: '' },
    });
    const denied = await compile(environmentOf(stack), 'training-job:Intents-1', ...words);

    expect([gone.code, missing.code, denied.code]).toEqual([2, 2, 2]);
    expect([...gone.left, ...missing.left, ...denied.left, ...(await readdir(folder))]).toEqual([]);
    expect(gone.stderr).toContain(
      `The artifact of the training job "gone" is gone: There is no s3://${Bucket}/gone/output/model.tar.gz.`,
    );
    expect(missing.stderr).toContain('There is no s3://nowhere-at-all/model.tar.gz. Check bucket and key');
    expect(denied.stderr).toContain(`AWS does not allow reading s3://${Bucket}/${Key}`);
  });

  it('leaves nothing behind where it is stopped while the model is on its way', async () => {
    const stack = await withJob();
    const folder = scratchFolder();
    stack.faults.inject({ operation: 'GetObject', times: 4, fault: { kind: 'stall-answer', afterBytes: 1000 } });

    const { child, ended } = begin(
      environmentOf(stack),
      'training-job:Intents-1',
      '--out',
      path.join(folder, 'bundle'),
    );
    await expect
      .poll(() => stack.faults.calls.some(({ operation }) => operation === 'GetObject'), { timeout: 20_000 })
      .toBe(true);
    child.kill('SIGINT');
    const { code, left, stderr } = await ended;

    expect({ code, left }).toEqual({ code: 130, left: [] });
    expect(stderr).toMatch(/verge: interrupted\.\n$/);
    expect(await readdir(folder)).toEqual([]);
  });
});
