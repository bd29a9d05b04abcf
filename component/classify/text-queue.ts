import type { BatchRunner } from './batch-runner.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** More texts than this are not sorted together, so that the first of them does not wait for all. */
const MAX_TAKEN = 256;

/** Texts that wait for their batches, by id, on the thread that runs them. */
export class TextQueue {
  readonly #ids: number[] = [];
  readonly #texts: string[] = [];
  #closing = false;

  /** True where no text waits. */
  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  /** True once there is nothing left to answer and nothing will come. */
  get isDone(): boolean {
    return this.#closing && this.isEmpty;
  }

  take(message: ToWorker): void {
    if (message.kind === 'close') {
      this.#closing = true;
      return;
    }
    this.#ids.push(...message.ids);
    this.#texts.push(...message.texts);
  }

  /** Answers the texts that have waited longest. */
  runNext(runner: BatchRunner, send: (message: FromWorker) => void): void {
    const ids = this.#ids.splice(0, MAX_TAKEN);
    const named = (indices: readonly number[]): number[] => indices.map((index) => ids[index] ?? -1);
    runner.run(this.#texts.splice(0, MAX_TAKEN), {
      answered: (indices, answers) => send({ kind: 'answers', ids: named(indices), answers }),
      failed: (indices, message) => send({ kind: 'run-failed', ids: named(indices), message }),
    });
  }
}
