import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { SettingsInput } from '../../component/contract/settings.ts';
import { repositoryPath } from './paths.ts';

export interface RuntimeProcess {
  readonly child: ChildProcess;
  /** Parsed lines of its log so far. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves with the first line of the log, past or future, that the test accepts; rejects when the process ends before. */
  logged(accept: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  whenReady(): Promise<unknown>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Its work folder, laid out as a nucleus does (fact I1). */
  readonly workFolder: string;
  /** Kills it, if it still runs, and starts it again in the same work folder. */
  restart(): Promise<RuntimeProcess>;
  /** Ends it, if it still runs, and removes its root. */
  remove(): Promise<void>;
}

/** How the runtime is started: the words before the settings file, and the environment. */
export interface Launch {
  readonly command: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
}

const BUILT: Launch = {
  command: [process.execPath, repositoryPath('dist/component/main.js')],
  environment: process.env,
};

/** Starts the built runtime as a process of its own. @param settings an object, or the text of the settings file */
export function startRuntime(
  settings: SettingsInput | string,
  launch: Launch = BUILT,
  root: string = mkdtempSync(path.join(tmpdir(), 'verge-runtime-')),
): RuntimeProcess {
  const folder = path.join(root, 'work', 'verge.Runtime');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'settings.json');
  writeFileSync(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
  const [program, ...words] = launch.command;
  const child = spawn(program, [...words, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: folder,
    env: launch.environment,
  });
  const log: Record<string, unknown>[] = [];
  const waiting = new Set<(line: Record<string, unknown> | undefined) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const parsed = JSON.parse(line) as Record<string, unknown>; // pino writes objects
    log.push(parsed);
    for (const wake of [...waiting]) wake(parsed);
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => {
      for (const wake of [...waiting]) wake(undefined);
      resolve(code ?? signal);
    });
  });

  function logged(accept: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const past = log.find(accept);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const look = (line: Record<string, unknown> | undefined): void => {
        if (line !== undefined && !accept(line)) return;
        waiting.delete(look);
        if (line === undefined) reject(new Error(`the runtime ended; its last words: ${JSON.stringify(log.at(-1))}`));
        else resolve(line);
      };
      waiting.add(look);
    });
  }

  return {
    child,
    log,
    logged,
    whenReady: () => logged((line) => line.event === 'runtime-started'),
    ended,
    workFolder: folder,
    async restart() {
      child.kill('SIGKILL');
      await ended;
      return startRuntime(settings, launch, root);
    },
    async remove() {
      child.kill('SIGKILL');
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}
