#!/usr/bin/env node
import { vergeVersion } from '../component/version.ts';
import { classifyCommand } from './commands/classify.ts';
import type { Command } from './commands/command.ts';
import { compileCommand } from './commands/compile.ts';
import { demoCommand } from './commands/demo.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { lintCommand } from './commands/lint.ts';
import { runCommandLine } from './commands/run-command.ts';

/** The verbs of `verge`, in the order of the flow. */
const commands: readonly Command[] = [compileCommand, classifyCommand, evaluateCommand, lintCommand, demoCommand];

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());

process.exitCode = await runCommandLine(commands, vergeVersion, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: abort.signal,
});
