import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lintCommand } from '../../../../cloud/commands/lint.ts';
import { runCommandLine } from '../../../../cloud/commands/run-command.ts';
import { repositoryPath } from '../../../support/paths.ts';

const ours = repositoryPath('recipes/verge.Runtime.yaml');

async function lint(...words: string[]): Promise<{ exit: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { signal } = new AbortController();
  const exit = await runCommandLine([lintCommand], '0.0.0', ['lint', ...words], {
    stdout,
    stderr,
    environment: {},
    signal,
  });
  stdout.end();
  stderr.end();
  return { exit, out: await text(stdout), err: await text(stderr) };
}

function file(content: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-lint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const name = path.join(folder, 'recipe.yaml');
  writeFileSync(name, content);
  return name;
}

const good = `
RecipeFormatVersion: "2020-01-25"
ComponentName: com.example.Kiosk
ComponentVersion: 1.0.0
Manifests:
  - Platform: { os: linux, runtime: "*" }
    Lifecycle: { run: exec sleep infinity }
`;

describe('verge lint', () => {
  it('ends with 0 where nothing is broken', async () => {
    const { exit, out } = await lint(ours);

    expect(exit).toBe(0);
    expect(out).toMatch(/nothing broken/);
  });

  it('ends with 2 where something breaks, and says what, where and what to do', async () => {
    const { exit, out } = await lint(file(good.replace(', runtime: "*"', '')), ours);

    expect(exit).toBe(2);
    expect(out).toMatch(/error.*platform-runtime.*recipe\.yaml: Manifests\[0\]\.Platform\.runtime/);
    expect(out).toMatch(/What to do:\n {2}platform-runtime \(L1\): Write runtime: "\*"/);
  });

  it('ends with 0 where there are warnings only', async () => {
    const { exit, out } = await lint(file(good.replace('infinity }', 'infinity, shutdown: x }')));

    expect(exit).toBe(0);
    expect(out).toMatch(/0 errors, 1 warnings/);
  });

  it('prints one JSON document', async () => {
    const name = file(good.replace('linux', 'windows'));

    const { exit, out } = await lint(name, '--json');

    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      errors: 1,
      warnings: 0,
      findings: [{ file: name, rule: 'linux-manifest', severity: 'error' }],
    });
  });

  it.each([
    ['is not there', '/nowhere/recipe.yaml', 'LINT_UNREADABLE'],
    ['is a folder', tmpdir(), 'LINT_UNREADABLE'],
  ])('ends with 2 and a sentence where a file %s', async (_what, name, code) => {
    const { exit, err } = await lint(name);

    expect(exit).toBe(2);
    expect(err).toContain(code);
  });

  it('does not read a file that is far too large', async () => {
    const { exit, err } = await lint(file(`#${'x'.repeat(64_000)}`));

    expect(exit).toBe(2);
    expect(err).toMatch(/64001 bytes.*LINT_TOO_LARGE/);
  });
});
