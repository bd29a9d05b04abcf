import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { NODE_FLAGS } from '../../recipes/runtime-recipe.ts';
import type { FirstAnswer, RoundReply, RoundRequest, SideOptions } from './protocol.ts';

export type SideName = 'verge' | 'peer';

/** A side in a process of its own, which measures what the parent asks for. */
export interface RunningSide {
  round(request: RoundRequest): Promise<RoundReply>;
  end(): Promise<void>;
}

/** Starts a side and waits until its model is loaded. */
export async function startSide(name: SideName, options: SideOptions): Promise<RunningSide> {
  const child = fork(programOf(name), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: flagsOf(options),
  });
  await reply(child, name);
  return {
    async round(request) {
      child.send(request);
      return (await reply(child, name)) as RoundReply; // it sends nothing else once it is ready
    },
    async end() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

/** Milliseconds from the start of a process to its first answer, and the CPU time that went into it. */
export async function measureFirstAnswer(
  name: SideName,
  options: SideOptions,
): Promise<FirstAnswer & { readonly wallMs: number }> {
  const started = performance.now();
  const words = [...flagsOf(options), programOf(name), JSON.stringify({ ...options, firstAnswerOnly: true })];
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let line = '';
  let wallMs = 0;
  for await (const chunk of child.stdout) {
    wallMs ||= performance.now() - started;
    line += chunk;
  }
  await gone;
  if (child.exitCode !== 0) throw new Error(`the ${name} side ended with code ${child.exitCode} before it answered`);
  return { ...(JSON.parse(line) as FirstAnswer), wallMs }; // our own program wrote it
}

/** A device is started with these; the peer, and the command line, without any. */
function flagsOf({ ownThread }: SideOptions): string[] {
  return ownThread ? [...NODE_FLAGS] : [];
}

/** The next message of a child. @throws where it ends instead */
function reply(child: ChildProcess, name: SideName): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      child.off('exit', onExit);
      resolve(message);
    };
    const onExit = (code: number | null): void => {
      child.off('message', onMessage);
      reject(new Error(`the ${name} side ended with code ${code} in the middle of a measurement`));
    };
    child.once('message', onMessage).once('exit', onExit);
  });
}

/** The built programs stand beside the built benchmark that runs; this file may be in a chunk of several. */
function programOf(name: SideName): string {
  return path.join(path.dirname(process.argv[1] ?? ''), `bench/${name}-side.js`);
}
