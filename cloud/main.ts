#!/usr/bin/env node
import { vergeVersion } from '../component/version.ts';
import { classifyCommand } from './commands/classify.ts';
import type { Command } from './commands/command.ts';
import { compileCommand } from './commands/compile.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { lintCommand } from './commands/lint.ts';
import { localCommand } from './commands/local.ts';
import { publishCommand } from './commands/publish.ts';
import { queryCommand } from './commands/query.ts';
import { rolloutJournalCommand } from './commands/rollout-journal.ts';
import { rolloutPlanCommand } from './commands/rollout-plan.ts';
import { rolloutStartCommand } from './commands/rollout-start.ts';
import { rolloutStatusCommand } from './commands/rollout-status.ts';
import { rolloutWishCommands } from './commands/rollout-wishes.ts';
import { runCommandLine } from './commands/run-command.ts';
import { signCommand } from './commands/sign.ts';
import { sinkCommand } from './commands/sink.ts';
import { watchCommand } from './commands/watch.ts';

/** The verbs of `verge`, in the order of the flow. */
const commands: readonly Command[] = [
  compileCommand,
  classifyCommand,
  evaluateCommand,
  signCommand,
  lintCommand,
  publishCommand,
  rolloutPlanCommand,
  rolloutStartCommand,
  rolloutStatusCommand,
  ...rolloutWishCommands,
  rolloutJournalCommand,
  doctorCommand,
  watchCommand,
  localCommand,
  dashboardCommand,
  sinkCommand,
  queryCommand,
  demoCommand,
];

// ONNX Runtime reports its use to its maker unless it is told not to before it starts.
process.env.ORT_DISABLE_TELEMETRY = '1';
// The AWS SDK warns on standard error that it will leave Node 20 one day; whoever runs a command can do nothing about it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const abort = new AbortController();
let askedToStop = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Stays after the first signal: what hides the cursor ends the process at a signal for which nobody else listens.
  process.on(signal, () => {
    abort.abort();
    // Ctrl-C under `npx` arrives twice: from the terminal and from npm. The third one is meant.
    askedToStop += 1;
    if (askedToStop > 2) process.exit(130);
  });
}

process.exitCode = await runCommandLine(commands, vergeVersion, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: abort.signal,
});
