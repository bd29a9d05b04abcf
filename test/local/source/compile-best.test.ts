import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { openBundle } from '../../../component/models/open-bundle.ts';
import { startTestStack, type TestStack, testCredentials, testRegion } from '../../support/aws-stack.ts';
import { labelledSamples } from '../../support/compile-request.ts';
import { intentsMiniArchive, repositoryPath } from '../../support/paths.ts';
import { scratchFolder } from '../../support/scratch.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function compile(stack: TestStack, ...words: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [repositoryPath('dist/cloud/verge.js'), 'compile', ...words], {
    env: {
      ...{ PATH: process.env.PATH, HOME: scratchFolder(), AWS_ENDPOINT_URL: stack.url, AWS_REGION: testRegion },
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
}

/** The best job left no model that can be compiled; the two behind it left the same one. */
async function withTuning(): Promise<TestStack> {
  const stack = await startTestStack();
  const good = await stack.put('output', 'good/output/model.tar.gz', await readFile(intentsMiniArchive));
  const bad = await stack.put('output', 'bad/output/model.tar.gz', 'no archive at all');
  stack.jobs.addTuningJob({
    name: 'tune',
    objective: { type: 'Maximize', metric: 'eval:f1' },
    trainingJobs: [
      { name: 'tune-c', artifact: good, metrics: { 'eval:f1': 0.5 } },
      { name: 'tune-a', artifact: bad, metrics: { 'eval:f1': 0.875 } },
      { name: 'tune-b', artifact: good, metrics: { 'eval:f1': 0.75 } },
      { name: 'tune-d', artifact: bad, status: 'Failed', failureReason: 'no' },
    ],
  });
  return stack;
}

it('verge compile tuning-job:NAME --top keeps the best bundle that there is, and shows all', async () => {
  const stack = await withTuning();
  const folder = scratchFolder();
  const out = path.join(folder, 'bundle');

  const ended = await compile(
    stack,
    ...['tuning-job:tune', '--top', '9', '--max-size', '20', '--samples', labelledSamples, '--out', out, '--json'],
  );

  const answer = JSON.parse(ended.stdout) as { chosen: string; folder: string; candidates: object[] };
  const { manifest } = await openBundle(out);
  expect({ code: ended.code, chosen: answer.chosen, folder: answer.folder }).toEqual({
    code: 0,
    chosen: 'tune-b',
    folder: out,
  });
  expect(answer.candidates).toMatchObject([
    { name: 'tune-a', out: expect.stringContaining('model.tar.gz') },
    { name: 'tune-b', latencyMs: expect.any(Number), sizeBytes: expect.any(Number) },
    { name: 'tune-c', latencyMs: expect.any(Number) },
  ]);
  expect(manifest).toMatchObject({
    name: 'tune',
    provenance: {
      origin: { trainingJob: { name: 'tune-b' }, tuningJob: { objective: { metric: 'eval:f1', value: 0.75 } } },
    },
  });
  expect((await readdir(out)).sort()).toEqual([...manifest.files.map(({ name }) => name), 'manifest.json'].sort());
  expect(await readdir(folder)).toEqual(['bundle']);
});

it('… refuses, with the reason of each, where none is within the bounds, and leaves nothing behind', async () => {
  const stack = await withTuning();
  const folder = scratchFolder();

  const ended = await compile(
    stack,
    ...['tuning-job:tune', '--top', '2', '--max-size', '0.5', '--samples', labelledSamples],
    ...['--out', path.join(folder, 'new/bundle')],
  );

  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/No bundle is within the bounds: tune-a is .*; tune-b is larger than 0\.5 MB\. Allow a/);
  expect(await readdir(folder)).toEqual([]);
});

it.each([
  ['--top with another source', ['training-job:x', '--top', '2']],
  ['a bound without --top', ['tuning-job:x', '--max-latency', '5']],
])('… refuses %s', async (_, words) => {
  const stack = await startTestStack();

  const { code, stderr } = await compile(stack, ...words, '--out', path.join(scratchFolder(), 'bundle'));

  expect({ code, calls: stack.faults.calls }).toEqual({ code: 2, calls: [] });
  expect(stderr).toContain('[COMMAND_OPTION_INVALID]');
});
