import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { StackDescription } from '../../cloud/local/stack/description.ts';
import { repositoryPath } from './paths.ts';
import { scratchFolder } from './scratch.ts';

const VERGE = repositoryPath('dist/cloud/verge.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for a stack in the background, which ends with the test, and the built command line to command it. */
export interface LocalStack {
  readonly folder: string;
  /** `verge local …` in that folder. */
  local(...words: string[]): Promise<Ended>;
  /** Any verb, in an environment that holds nothing of this machine's AWS profiles, and what `verge local env` says. */
  verge(...words: string[]): Promise<Ended>;
  /** What `verge local env` says, beside what every program needs. */
  environment(): Promise<Record<string, string>>;
  up(...words: string[]): Promise<StackDescription & { readonly started: boolean }>;
  /** As the file with the process id says. */
  pid(): number;
}

export function localStack(): LocalStack {
  const home = scratchFolder();
  const folder = path.join(home, 'stack');
  mkdirSync(path.join(home, 'tmp'));
  const plain = { PATH: process.env.PATH ?? '', HOME: home, TMPDIR: path.join(home, 'tmp') };
  const local = (...words: string[]): Promise<Ended> => run(plain, 'local', ...words, '--folder', folder);
  onTestFinished(() => {
    spawnSync(process.execPath, [VERGE, 'local', 'down', '--folder', folder], { env: plain });
  });
  async function environment(): Promise<Record<string, string>> {
    const { stdout } = await local('env', '--json');
    const { set } = JSON.parse(stdout) as { set: Record<string, string> };
    return { ...plain, ...set };
  }
  return {
    folder,
    local,
    environment,
    verge: async (...words) => run(await environment(), ...words),
    async up(...words) {
      const { code, stdout, stderr } = await local('up', '--json', ...words);
      if (code !== 0) throw new Error(`The stack did not come up: ${stderr}`);
      return JSON.parse(stdout) as StackDescription & { started: boolean };
    },
    pid: () => Number(readFileSync(path.join(folder, 'stack.pid'), 'utf8')),
  };
}

async function run(environment: Record<string, string>, ...words: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [VERGE, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, stdout, stderr };
}
