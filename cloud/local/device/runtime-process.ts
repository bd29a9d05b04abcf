/**
 * A device on this machine: the built runtime as a process of its own, fed by a settings file, or by a nucleus that it is
 * let in to. Nobody installs it or restarts it.
 */
import { spawn } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SettingsInput } from '../../../component/contract/settings.ts';

export interface RuntimeProcessOptions {
  /** The built `component/main.js`. */
  readonly program: string;
  /** Of Node; default: none. */
  readonly flags?: readonly string[];
  /** What it is fed by: settings, or the environment that a nucleus gives to a component (fact I1). */
  readonly from: { readonly settings: SettingsInput } | { readonly nucleus: Readonly<Record<string, string>> };
  /** Its work folder, from which relative paths of the settings count; gets `runtime.log`, and the settings. */
  readonly folder: string;
}

export interface RuntimeProcess {
  readonly pid: number;
  readonly logFile: string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Asks it to drain and stop. Safe to call twice. */
  stop(): void;
}

/** Starts the runtime. It ends with this process at the latest. */
export async function startRuntimeProcess({
  program,
  flags = [],
  from,
  folder,
}: RuntimeProcessOptions): Promise<RuntimeProcess> {
  const settingsFile = path.resolve(folder, 'settings.json');
  const logFile = path.join(folder, 'runtime.log');
  const words = [...flags, path.resolve(program)];
  if ('settings' in from) {
    await writeFile(settingsFile, `${JSON.stringify(from.settings, null, 2)}\n`);
    words.push(settingsFile);
  }
  const log = await open(logFile, 'w');
  const child = spawn(process.execPath, words, {
    cwd: folder,
    ...('nucleus' in from ? { env: { ...process.env, ...from.nucleus } } : {}),
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close(); // the child has its own
  const orphan = (): boolean => child.kill('SIGKILL');
  process.once('exit', orphan);
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('exit', orphan);
      resolve(code ?? signal ?? 1);
    });
  });
  ended.catch(() => undefined); // whoever cares awaits it
  return { pid: child.pid ?? 0, logFile, ended, stop: () => child.kill('SIGTERM') };
}
