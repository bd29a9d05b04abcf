import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { compileIntentsMini } from '../../support/intents-mini-bundle.ts';
import { type LocalStack, localStack } from '../../support/local-stack.ts';
import { repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';

const samples = readFileSync(repositoryPath('test/models/intents-mini/samples.tsv'), 'utf8');
const texts = samples
  .split('\n')
  .slice(1, -1)
  .map((line) => line.split('\t')[0] ?? '');
const AS_JOB = ['--on', 'sagemaker', '--image', 'node:20'];

interface Bench {
  readonly stack: LocalStack;
  readonly folder: string;
  /** Two files of one name, lines, and three that are no input; `s3://BUCKET/day/` holds two more. */
  readonly inputs: readonly string[];
  put(key: string, body: string): Promise<void>;
}

async function withTexts(): Promise<Bench> {
  const [stack, folder] = [localStack(), scratchFolder()];
  const { bucket, endpoint, region } = await stack.up();
  const environment = await stack.environment();
  const credentials = {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
  };
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  onTestFinished(() => s3.destroy());
  const put = async (Key: string, Body: string): Promise<void> => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  };
  mkdirSync(path.join(folder, 'in/deep'), { recursive: true });
  writeFileSync(path.join(folder, 'in/a.tsv'), samples);
  writeFileSync(path.join(folder, 'in/deep/a.tsv'), 'text\tn\nwake me at seven\t1\n');
  writeFileSync(path.join(folder, 'in/lines.txt'), `${texts.slice(0, 40).join('\n')}\n`);
  writeFileSync(path.join(folder, 'in/notes.md'), 'nothing to classify');
  await put('day/one.jsonl', `${texts.map((text, n) => JSON.stringify({ n, text })).join('\n')}\n`);
  await put('day/two/part.csv', 'text\nplay some jazz\n');
  return { stack, folder, put, inputs: ['--in', path.join(folder, 'in'), '--in', `s3://${bucket}/day/`] };
}

/** All files below a folder, with their text. */
function contentOf(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries
      .map((entry) => path.join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [path.relative(folder, file), readFileSync(file, 'utf8')]),
  );
}

/** Scores of int8 models depend slightly on which texts share a batch. */
function withoutScores(text: string): { readonly rest: string; readonly scores: readonly number[] } {
  const scores = [...text.matchAll(/(?<=\t|,|:)0\.\d+/g)].map(([score]) => Number(score));
  return { rest: text.replaceAll(/(?<=\t|,|:)0\.\d+/g, 'score'), scores };
}

describe('verge classify --on sagemaker', { timeout: 180_000 }, () => {
  let bundle = '';
  beforeAll(() => {
    const compiled = compileIntentsMini();
    bundle = compiled.folder;
    return compiled.remove;
  });

  it('answers files of this machine and of S3 as a run here does, by a job that is found again', async () => {
    const { stack, folder, inputs } = await withTexts();
    const words = (out: string): string[] => ['classify', bundle, ...inputs, '--out', path.join(folder, out), '--json'];

    const here = await stack.verge(...words('here/'));
    const first = await stack.verge(...words('first/'), ...AS_JOB);
    const second = await stack.verge(...words('second/'), ...AS_JOB);

    expect([here, first, second].map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    const [byJob, again] = [JSON.parse(first.stdout), JSON.parse(second.stdout)];
    expect(byJob.job).toMatchObject({ name: expect.stringMatching(/^verge-classify-[0-9a-f]{20}$/), ran: true });
    expect(again.job).toEqual({ ...byJob.job, ran: false });
    const [local, job] = [contentOf(path.join(folder, 'here')), contentOf(path.join(folder, 'first'))];
    const names = ['a.tsv', 'deep/a.tsv', 'lines.jsonl', 'one.jsonl', 'two/part.csv'];
    expect([[...local.keys()], [...job.keys()]]).toEqual([names, names]);
    for (const [name, text] of local) {
      const [expected, found] = [withoutScores(text), withoutScores(job.get(name) ?? '')];
      expect(found.rest).toBe(expected.rest);
      expect(expected.scores.length).toBeGreaterThan(0);
      for (const [index, score] of expected.scores.entries()) expect(found.scores[index]).toBeCloseTo(score, 1);
    }
    expect(contentOf(path.join(folder, 'second'))).toEqual(job);
  });

  it('starts another job where what is in S3 is another, and leaves outputs alone that are there', async () => {
    const { stack, folder, put, inputs } = await withTexts();
    const [, , , prefix = ''] = inputs;
    const out = path.join(folder, 'one.csv');
    const words = ['classify', bundle, '--in', `${prefix}two/part.csv`, '--out', out, ...AS_JOB];

    const first = await stack.verge(...words, '--json');
    const refused = await stack.verge(...words);
    await put('day/two/part.csv', 'text\nwake me at seven\n');
    const second = await stack.verge(...words, '--force', '--json');

    const jobs = [first, second].map(({ stdout }) => JSON.parse(stdout).job);
    expect(jobs.map(({ ran }) => ran)).toEqual([true, true]);
    expect(jobs[0].name).not.toBe(jobs[1].name);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('BATCH_OUT_EXISTS') });
    expect(readFileSync(out, 'utf8')).toMatch(/^text,predicted_label,.*\nwake me at seven,alarm,/);
    expect(readdirSync(folder).toSorted()).toEqual(['in', 'one.csv']);
  });

  it('says why a job failed, and leaves nothing behind', async () => {
    const { stack, folder, inputs } = await withTexts();
    const out = path.join(folder, 'out');
    const words = ['classify', bundle, ...inputs.slice(0, 2), '--out', out, '--column', 'nope', ...AS_JOB];

    const failed = await stack.verge(...words);

    expect(failed.code).toBe(2);
    expect(failed.stderr).toMatch(/ended as Failed \(AlgorithmError: .*it said last: .*1-a\.tsv.*nope/);
    expect([...contentOf(out).keys()]).toEqual([]);
  });

  it('refuses what cannot become a job before anything is sent', async () => {
    const { stack, folder, inputs } = await withTexts();
    const out = ['--out', path.join(folder, 'out/')];

    const text = await stack.verge('classify', bundle, '--text', 'hello', ...AS_JOB);
    const printed = await stack.verge('classify', bundle, ...inputs, ...AS_JOB);
    const image = await stack.verge('classify', bundle, ...inputs, ...out, '--on', 'sagemaker');
    const role = await stack.verge('classify', bundle, ...inputs, ...out, ...AS_JOB, '--role', 'devices');
    const noBundle = await stack.verge('classify', path.join(folder, 'in'), ...inputs, ...out, ...AS_JOB);

    const all = [text, printed, image, role, noBundle];
    expect(all.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(text.stderr).toContain('--on sagemaker takes --in and --out');
    expect(printed.stderr).toContain('--on sagemaker takes --in and --out');
    expect(image.stderr).toContain('--on sagemaker needs --image');
    expect(role.stderr).toContain('--role devices is no ARN of a role');
    expect(noBundle.stderr).toContain('[BUNDLE_');
    expect(all.map(({ stderr }) => stderr).join()).not.toContain('Started');
  });
});
