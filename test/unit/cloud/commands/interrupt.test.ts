import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { intentsMiniArchive, repositoryPath } from '../../../support/paths.ts';
import { scratchFolder } from '../../../support/scratch.ts';

/** A compile of the committed model that is signalled as soon as it has made a temporary folder of this kind. */
async function interruptedCompile(kind: string, signals: readonly NodeJS.Signals[]) {
  const folder = scratchFolder();
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const words = ['compile', intentsMiniArchive, '--out', join(folder, 'new/out')];
  const hook = ['--import', repositoryPath('test/support/signal-itself.mjs')];
  const child = spawn(process.execPath, [...hook, repositoryPath('dist/cloud/verge.js'), ...words], {
    env: { ...process.env, TMPDIR: temporary, VERGE_SIGNAL_AT: kind, VERGE_SIGNALS: signals.join() },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { exitCode, said, left: [...(await readdir(temporary)), ...(await readdir(folder))] };
}

describe('verge compile', () => {
  it.each<[string, string, NodeJS.Signals[]]>([
    ['by SIGINT while it unpacks', 'verge-checkpoint-', ['SIGINT']],
    ['by SIGTERM while it unpacks', 'verge-checkpoint-', ['SIGTERM']],
    ['by Ctrl-C under npx, which is both', 'verge-checkpoint-', ['SIGINT', 'SIGTERM']],
    ['by SIGINT while it runs the graph', 'verge-graph-', ['SIGINT']],
  ])('leaves nothing behind when it is stopped %s', async (_, kind, signals) => {
    const outcome = await interruptedCompile(kind, signals);

    expect(outcome).toEqual({ exitCode: 130, said: expect.stringMatching(/verge: interrupted\.\n$/), left: ['tmp'] });
  });
});
