import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type LoadedRunner, loadRunner } from './load-runner.ts';
import type { FromWorker, ToWorker, WorkerBirth } from './messages.ts';
import { TextQueue } from './text-queue.ts';

// The thread that inference lives in (fact R1): a run blocks it, and only it.

if (parentPort === null) throw new Error('the inference worker runs as a worker thread only');
serve(parentPort, workerData as WorkerBirth); // the engine is the only one to start this file

/**
 * Never turns its event loop: it waits for the bell and takes what is in the port. That wakes it with half the work of a
 * message event (docs/decisions), and nothing else is ever done on this thread.
 */
function serve(port: MessagePort, { settings, bell }: WorkerBirth): void {
  const send = (message: FromWorker): void => port.postMessage(message);
  let loaded: LoadedRunner;
  try {
    loaded = loadRunner(settings);
  } catch (error) {
    send({ kind: 'load-failed', message: error instanceof Error ? error.message : String(error) });
    port.close();
    return;
  }
  send({ kind: 'ready' });
  const rung = new Int32Array(bell);
  const queue = new TextQueue();
  while (!queue.isDone) {
    const heard = Atomics.load(rung, 0);
    // What came in while the last batch ran is in the port.
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) {
      queue.take(more.message as ToWorker); // the engine sends nothing else
    }
    if (!queue.isEmpty) queue.runNext(loaded.runner, send);
    else if (!queue.isDone) Atomics.wait(rung, 0, heard);
  }
  loaded.close();
  send({ kind: 'closed' });
  port.close();
}
