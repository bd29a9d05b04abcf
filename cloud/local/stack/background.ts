import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askControl } from './control.ts';
import type { StackDescription } from './description.ts';
import { localErrors } from './errors.ts';
import type { StackOptions } from './open-stack.ts';
import { openState, readState } from './state.ts';

export interface StackPlace {
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface UpOptions extends StackPlace {
  /** The built `cloud/local/stack/main.ts`. */
  readonly program: string;
  readonly region: string;
  readonly wanted: StackOptions['wanted'];
}

export interface Up {
  /** False where it was up before. */
  readonly started: boolean;
  /** A process id that an earlier stack left without ending as it should. */
  readonly stalePid: number | undefined;
  readonly stack: StackDescription;
}

/** What is there: `starting` and `ending` have no description yet, or none any more. */
export type StackStatus =
  | { readonly state: 'down' }
  | { readonly state: 'starting' | 'ending' }
  | ({ readonly state: 'up' } & StackDescription);

/** Devices stop their components one by one, each within its own time. */
const DOWN_TIMEOUT_MS = 60_000;
const LOOK_MS = 50;
const LOG_TAIL = 5;

export async function statusOf(folder: string): Promise<StackStatus> {
  const state = readState(folder);
  const answer = state && (await askControl(folder, state.controlToken, 'status'));
  if (!answer) return { state: 'down' };
  // What `describe` of the same program gives.
  return answer.document as StackStatus;
}

/** The stack that is up. @throws VergeError LOCAL_NOT_UP, LOCAL_STARTING */
export async function runningStack(folder: string): Promise<StackDescription> {
  const status = await statusOf(folder);
  if (status.state === 'up') return status;
  if (status.state === 'down') throw localErrors.make('LOCAL_NOT_UP', `No stack is up in ${folder}`);
  throw localErrors.make('LOCAL_STARTING', `The stack in ${folder} is ${status.state}`);
}

/** Tells a stack that is up something that AWS has no call for. @throws VergeError as the stack says it */
export async function tellStack(folder: string, word: string, body: object): Promise<unknown> {
  const state = readState(folder);
  const answer = state && (await askControl(folder, state.controlToken, word, body));
  if (!answer) throw localErrors.make('LOCAL_NOT_UP', `No stack is up in ${folder}`);
  if (answer.status === 200) return answer.document;
  const { code, message } = answer.document as { code?: string; message: string }; // as control.ts writes it
  throw localErrors.make(isOurs(code) ? code : 'LOCAL_FAILED', message);
}

function isOurs(code: string | undefined): code is keyof typeof localErrors.kinds {
  return code !== undefined && code in localErrors.kinds;
}

/** Starts the stack in the background, or finds it up. @throws VergeError LOCAL_… */
export async function bringUp({ folder, program, region, wanted, signal }: UpOptions): Promise<Up> {
  openState(folder, region);
  const before = await statusOf(folder);
  if (before.state === 'up') return { started: false, stalePid: undefined, stack: before };
  if (before.state !== 'down') throw localErrors.make('LOCAL_STARTING', `The stack in ${folder} is ${before.state}`);
  // Nobody answers, so whatever stands there is of a process that was killed, its id perhaps somebody else's by now.
  const stalePid = pidOf(folder);
  rmSync(path.join(folder, 'stack.pid'), { force: true });
  const logFile = openLog(folder);
  const child = spawn(process.execPath, [program, JSON.stringify({ folder: path.resolve(folder), region, wanted })], {
    detached: true,
    stdio: ['ignore', logFile, logFile, 'ipc'],
  });
  closeSync(logFile);
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const said = await new Promise<unknown>((resolve, reject) => {
      child.once('message', resolve);
      child.once('error', reject);
      child.once('exit', () => resolve(undefined));
    });
    signal.throwIfAborted();
    // As main.ts says it.
    const { ready, failed } = (said ?? {}) as {
      ready?: StackDescription;
      failed?: { taken: boolean; message: string };
    };
    if (ready) return { started: true, stalePid, stack: ready };
    if (failed?.taken) throw localErrors.make('LOCAL_STARTING', `The stack in ${folder} is starting`);
    const why = failed?.message ?? tailOf(folder);
    throw localErrors.make('LOCAL_FAILED', `The stack did not come up (${why}; ${logOf(folder)})`);
  } finally {
    signal.removeEventListener('abort', stop);
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** Ends the stack and waits until it has ended. False where none was up. @throws VergeError LOCAL_STUCK */
export async function bringDown({ folder, signal }: StackPlace): Promise<boolean> {
  const state = readState(folder);
  const answer = state && (await askControl(folder, state.controlToken, 'stop'));
  if (!state || !answer) {
    if (existsSync(folder)) rmSync(path.join(folder, 'stack.pid'), { force: true });
    return false;
  }
  const { pid } = answer.document as { pid: number }; // as main.ts answers
  const deadline = performance.now() + DOWN_TIMEOUT_MS;
  // It holds the name of its socket until the kernel takes that back at its very end.
  while ((await statusOf(folder)).state !== 'down') {
    if (performance.now() > deadline) {
      throw localErrors.make('LOCAL_STUCK', `The stack (process ${pid}) does not end; its log is ${logOf(folder)}`);
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  return true;
}

function pidOf(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(path.join(folder, 'stack.pid'), 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

export function logOf(folder: string): string {
  return path.join(folder, 'stack.log');
}

/** A new log; that of the run before stays beside it. */
function openLog(folder: string): number {
  mkdirSync(folder, { recursive: true });
  const file = logOf(folder);
  if (existsSync(file)) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

function tailOf(folder: string): string {
  return readFileSync(logOf(folder), 'utf8').trim().split('\n').slice(-LOG_TAIL).join(' | ');
}
