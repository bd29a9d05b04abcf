/** The process of a stack in the background. `verge local up` starts it and hears from it once; `down` ends it. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { VergeError } from '../../../component/contract/error.ts';
import { serveControl } from './control.ts';
import { endLeftBehind } from './left-behind.ts';
import { openStack, type Stack } from './open-stack.ts';
import { openState } from './state.ts';

const optionsSchema = z.object({
  folder: z.string(),
  region: z.string(),
  wanted: z.object({ devices: z.number().int().optional(), nucleus: z.enum(['lite', 'java']) }),
});

const jobSchema = z.object({
  name: z.string(),
  artifact: z.string(),
  metrics: z.record(z.string(), z.number()),
  hyperParameters: z.record(z.string(), z.string()),
});

const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const pidFile = path.join(options.folder, 'stack.pid');
let mine = false;
let stack: Stack | undefined;
let ending: Promise<void> | undefined;

function log(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

/** Whoever started it may be gone by now. */
function tell(message: object): Promise<void> {
  return new Promise((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));
}

async function end(reason: string): Promise<void> {
  log(`Going down: ${reason}`);
  await stack?.close();
  rmSync(pidFile, { force: true });
  log('Down');
}

/** Once, whoever asks. */
function stop(reason: string): void {
  ending ??= end(reason).then(
    () => process.exit(0),
    (error: unknown) => {
      log(`The end failed: ${String(error)}`);
      process.exit(1);
    },
  );
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));

try {
  const { controlToken } = openState(options.folder, options.region);
  await serveControl(options.folder, controlToken, {
    status: () => (stack && !ending ? { state: 'up', ...stack.describe() } : { state: ending ? 'ending' : 'starting' }),
    stop() {
      setImmediate(() => stop('asked to'));
      return { pid: process.pid };
    },
    'add-training-job': (body) => ({ arn: stack?.addTrainingJob(jobSchema.parse(body)) }),
  });
  mine = true;
  for (const pid of endLeftBehind(options.folder)) log(`Ended process ${pid}, which an earlier stack had left`);
  writeFileSync(pidFile, `${process.pid}\n`);
  stack = await openStack({ ...options, log });
  await tell({ ready: stack.describe() });
} catch (error) {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && !mine;
  const known = error instanceof VergeError ? { code: error.code, message: error.what } : {};
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log(taken ? 'Another process has this stack' : `It did not come up: ${message}`);
  await tell({ failed: { taken, message: message.split('\n')[0], ...known } });
  if (mine) rmSync(pidFile, { force: true });
  process.exit(1);
}
