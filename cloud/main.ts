#!/usr/bin/env node
import { vergeVersion } from '../component/version.ts';
import { classifyCommand } from './commands/classify.ts';
import type { Command } from './commands/command.ts';
import { compileCommand } from './commands/compile.ts';
import { demoCommand } from './commands/demo.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { runCommandLine } from './commands/run-command.ts';
import { signCommand } from './commands/sign.ts';
import { watchCommand } from './commands/watch.ts';

/** The verbs of `verge`, in the order of the flow. */
const commands: readonly Command[] = [
  compileCommand,
  classifyCommand,
  evaluateCommand,
  signCommand,
  watchCommand,
  demoCommand,
];

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Stays after the first signal: what hides the cursor ends the process at a signal for which nobody else listens.
  process.on(signal, () => {
    if (abort.signal.aborted) process.exit(130); // asked twice
    abort.abort();
  });
}

process.exitCode = await runCommandLine(commands, vergeVersion, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: abort.signal,
});
