import type { Lane } from './lane.ts';
import { loadRunner } from './load-runner.ts';
import type { FromWorker, WorkerSettings } from './messages.ts';
import { TextQueue } from './text-queue.ts';
import { loadFailed } from './worker-lane.ts';

/**
 * Loads a model on the caller's own thread, for programs that have nothing else to do while a text is answered. Texts run
 * in turns of the event loop, a few hundred at most in each, so that signals are heard.
 * @throws VergeError ENGINE_LOAD_FAILED
 */
export function openCallerLane(settings: WorkerSettings): Lane {
  process.env.ORT_DISABLE_TELEMETRY = '1'; // as for a worker
  const { runner, close } = load(settings);
  const queue = new TextQueue();
  let scheduled = false;
  let receive: (message: FromWorker) => void = () => {};
  let fail: (what: string, cause: unknown) => void = () => {};
  const turn = (): void => {
    try {
      queue.runNext(runner, receive);
    } catch (error) {
      fail(`failed (${error instanceof Error ? error.message : String(error)})`, error);
    }
    scheduled = !queue.isEmpty;
    if (scheduled) setImmediate(turn);
  };
  return {
    listen(onMessage, onFailure) {
      receive = onMessage;
      fail = onFailure;
    },
    send(message) {
      queue.take(message);
      if (!scheduled) setImmediate(turn);
      scheduled = true;
    },
    async close() {
      close();
    },
  };
}

function load(settings: WorkerSettings): ReturnType<typeof loadRunner> {
  try {
    return loadRunner(settings);
  } catch (error) {
    throw loadFailed(settings.modelPath, error instanceof Error ? error.message : String(error), error);
  }
}
