import { writeSync } from 'node:fs';
import { findUnfitness, measureHost } from './lifecycle/preflight.ts';

// What the device runs: `node start.js`. Looks whether the runtime can run here at all, and only then loads it.
const unfitness = findUnfitness(measureHost('.'));
if (unfitness) {
  const { code, exitCode, message } = unfitness;
  const STANDARD_OUTPUT = 1;
  const FATAL = 60; // the log's own number for it
  writeSync(
    STANDARD_OUTPUT,
    `${JSON.stringify({ level: FATAL, time: new Date().toISOString(), code, msg: message })}\n`,
  );
  process.exitCode = exitCode;
} else {
  void import('./main.ts');
}
