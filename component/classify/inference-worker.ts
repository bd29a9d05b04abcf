import { readFile } from 'node:fs/promises';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { createTokenizer } from '../text/create-tokenizer.ts';
import { BatchRunner } from './batch-runner.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { openSession } from './session.ts';

// The thread that inference lives in (fact R1): a run blocks it, and only it.

/** More texts than this are not sorted together, so that the first of them does not wait for all. */
const MAX_TAKEN = 256;

if (parentPort === null) throw new Error('the inference worker runs as a worker thread only');
await serve(parentPort, workerData as WorkerSettings); // the engine is the only one to start this file

async function serve(port: MessagePort, settings: WorkerSettings): Promise<void> {
  const send = (message: FromWorker): void => port.postMessage(message);
  const ids: number[] = [];
  const texts: string[] = [];
  let closing = false;
  let busy = false;
  let runner: BatchRunner;
  let close: () => Promise<void>;

  const take = (message: ToWorker): void => {
    if (message.kind === 'close') {
      closing = true;
    } else {
      ids.push(...message.ids);
      texts.push(...message.texts);
    }
  };
  const drain = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (texts.length > 0) {
      // What came in while the last batch ran is still in the port.
      for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port))
        take(more.message as ToWorker);
      const takenIds = ids.splice(0, MAX_TAKEN);
      const named = (indices: readonly number[]): number[] => indices.map((index) => takenIds[index] ?? -1);
      await runner.run(texts.splice(0, MAX_TAKEN), {
        answered: (indices, answers) => send({ kind: 'answers', ids: named(indices), answers }),
        failed: (indices, message) => send({ kind: 'run-failed', ids: named(indices), message }),
      });
    }
    busy = false;
    if (closing) {
      await close();
      send({ kind: 'closed' });
      port.close();
    }
  };

  try {
    const [json, session] = await Promise.all([
      readFile(settings.tokenizerPath),
      openSession(settings.modelPath, settings),
    ]);
    runner = new BatchRunner(createTokenizer(json), session, settings);
    close = session.close;
  } catch (error) {
    send({ kind: 'load-failed', message: error instanceof Error ? error.message : String(error) });
    port.close();
    return;
  }
  port.on('message', (message: ToWorker) => {
    take(message);
    void drain();
  });
  send({ kind: 'ready' });
}
