import { type ChildProcess, spawn } from 'node:child_process';

export interface SinkProcess {
  readonly pid: number;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** What it wrote on standard error so far. */
  said(): string;
  /** Asks it to stop. */
  stop(): void;
  kill(): void;
}

/** Starts the built `verge sink`. @param program `dist/cloud/verge.js` */
export function startSinkProcess(program: string, folder: string, words: readonly string[]): SinkProcess {
  const child: ChildProcess = spawn(process.execPath, [program, 'sink', ...words], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-10_000);
  });
  return {
    pid: child.pid ?? 0,
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? 1))),
    said: () => said,
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
}
