import type { Lane } from './lane.ts';
import { loadRunner } from './load-runner.ts';
import type { FromWorker, WorkerSettings } from './messages.ts';
import { TextQueue } from './text-queue.ts';
import { loadFailed } from './worker-lane.ts';

/** The event loop turns at least this often while texts come without a pause, so that timers and signals are heard. */
const MAX_TURN_MS = 20;

/**
 * Loads a model on the caller's own thread, for programs that have nothing else to do while a text is answered. A text
 * runs at once, or in the next turn of the event loop where the last is long past or texts are many.
 * @throws VergeError ENGINE_LOAD_FAILED
 */
export function openCallerLane(settings: WorkerSettings): Lane {
  process.env.ORT_DISABLE_TELEMETRY = '1'; // as for a worker
  const { runner, close } = load(settings);
  const queue = new TextQueue();
  let scheduled = false;
  let receive: (message: FromWorker) => void = () => {};
  let fail: (what: string, cause: unknown) => void = () => {};
  let turnedAt = Number.NEGATIVE_INFINITY;
  const runNext = (): void => {
    try {
      queue.runNext(runner, receive);
    } catch (error) {
      fail(`failed (${error instanceof Error ? error.message : String(error)})`, error);
    }
    scheduled = !queue.isEmpty;
    if (scheduled) setImmediate(turn);
  };
  const turn = (): void => {
    turnedAt = performance.now();
    runNext();
  };
  return {
    listen(onMessage, onFailure) {
      receive = onMessage;
      fail = onFailure;
    },
    send(message) {
      queue.take(message);
      if (scheduled) return;
      if (performance.now() - turnedAt < MAX_TURN_MS) {
        runNext();
      } else {
        scheduled = true;
        setImmediate(turn);
      }
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
