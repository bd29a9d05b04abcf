import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/altered-checkpoint.ts';
import { labelledSamples } from '../../support/compile-request.ts';
import { intentsMiniArchive, repositoryPath } from '../../support/paths.ts';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function verge(...words: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [repositoryPath('dist/cloud/verge.js'), ...words], { stdio: 'pipe' });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
}

test('with --json, compile prints one document on standard output and its progress on standard error', async () => {
  const out = path.join(temporaryFolder(), 'bundle');

  const ended = await verge('compile', intentsMiniArchive, '--out', out, '--samples', labelledSamples, '--json');

  expect(ended.code).toBe(0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ folder: out, manifest: { name: 'intents-mini' }, warnings: [] });
  expect(ended.stderr).toContain('calibrate …\n');
});

test.each([
  ['a verb that does not exist', ['frobnicate']],
  ['an option that is missing', ['compile', 'model.tar.gz']],
  ['no verb', []],
])('%s ends in exit code 2 with how it is used, and with --json in one document', async (_, words) => {
  const plain = await verge(...words);
  const json = await verge(...words, '--json');

  expect([plain.code, plain.stdout, json.code]).toEqual([2, '', 2]);
  expect(plain.stderr).toMatch(/^(error: |Usage: verge )/);
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'USAGE' } });
});

test.each(['compile', 'classify', 'evaluate'])(
  'verge %s --help explains every option and gives examples',
  async (verb) => {
    const { code, stdout } = await verge(verb, '--help');

    expect(code).toBe(0);
    expect(stdout).toMatch(/--json .*one JSON document/);
    expect(stdout).toContain(`Examples:\n  $ verge ${verb} `);
  },
);

test('--force replaces a bundle, and nothing that is none', async () => {
  const folder = temporaryFolder();
  const precious = path.join(folder, 'precious');
  mkdirSync(precious);
  writeFileSync(path.join(precious, 'thesis.txt'), 'years of work');
  const compile = (out: string): Promise<Ended> =>
    verge('compile', intentsMiniArchive, '--out', out, '--samples', labelledSamples, '--force');
  const bundle = path.join(folder, 'bundle');

  const [refused, first] = [await compile(precious), await compile(bundle)];
  const again = await compile(bundle);

  expect([refused.code, first.code, again.code]).toEqual([2, 0, 0]);
  expect(refused.stderr).toContain('is no bundle, so --force does not replace it');
  expect(readdirSync(precious)).toEqual(['thesis.txt']);
  expect(readdirSync(folder).sort()).toEqual(['bundle', 'precious']);
});
