// Loaded before the runtime (`node --import`): the process dies of the signal that the query names as soon as the inference
// worker is handed this text, as where native code fails under it. The wall clock, files and everything else are real.
import { Worker } from 'node:worker_threads';

const KILLING_TEXT = 'the text that kills';
const signal = new URL(import.meta.url).searchParams.get('signal');

const real = Worker.prototype.postMessage;
Worker.prototype.postMessage = function deadly(message, ...more) {
  if (message?.texts?.includes(KILLING_TEXT)) process.kill(process.pid, signal);
  return real.call(this, message, ...more);
};
