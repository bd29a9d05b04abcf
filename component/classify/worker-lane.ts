import { Worker } from 'node:worker_threads';
import { engineErrors } from './errors.ts';
import type { Lane } from './lane.ts';
import type { FromWorker, ToWorker, WorkerBirth, WorkerSettings } from './messages.ts';

/** Texts and answers die young and small; the default of 48 MB only lets more of them lie about before they are swept. */
const MAX_YOUNG_GENERATION_MB = 3;

/**
 * Loads a model on a thread of its own (fact R1).
 * @param workerUrl the built inference worker
 * @throws VergeError ENGINE_LOAD_FAILED
 */
export async function startWorkerLane(workerUrl: URL, settings: WorkerSettings): Promise<Lane> {
  // ONNX Runtime reports its use to its maker unless the process told it not to; a worker's own environment is a copy.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const bell = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const worker = new Worker(workerUrl, {
    workerData: { settings, bell } satisfies WorkerBirth,
    resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MB },
  });
  await untilReady(worker, settings.modelPath);
  const rung = new Int32Array(bell);
  const post = (message: ToWorker): void => {
    worker.postMessage(message);
    Atomics.add(rung, 0, 1);
    Atomics.notify(rung, 0);
  };
  return {
    listen(receive, fail) {
      worker.on('message', receive);
      worker.on('error', (error) => fail(`failed (${error.message})`, error));
      worker.on('exit', (code) => fail(`ended with code ${code}`));
    },
    send: post,
    async close() {
      const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      post({ kind: 'close' });
      await gone;
    },
  };
}

function untilReady(worker: Worker, modelPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void =>
      settle(() => reject(loadFailed(modelPath, message, cause)));
    const onMessage = (message: FromWorker): void => {
      if (message.kind === 'ready') settle(resolve);
      else fail(message.kind === 'load-failed' ? message.message : `the worker said ${message.kind}`);
    };
    const onError = (error: Error): void => fail(error.message, error);
    const onExit = (code: number): void => fail(`the worker ended with code ${code}`);
    const settle = (finish: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      finish();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}

export function loadFailed(modelPath: string, message: string, cause?: unknown): Error {
  return engineErrors.make('ENGINE_LOAD_FAILED', `the model ${modelPath} cannot be loaded (${message})`, cause);
}
