import type { Classification, Classifier, ClassifierStats, ClassifyOptions } from './classification.ts';
import { engineErrors } from './errors.ts';
import type { Lane } from './lane.ts';
import type { FromWorker, TextsMessage, WorkerSettings } from './messages.ts';
import { startWorkerLane } from './worker-lane.ts';

export interface EngineOptions extends WorkerSettings {
  /** The built inference worker; chosen by whoever wires the process. */
  readonly workerUrl: URL;
  /** Texts accepted and not yet answered; one more is refused. */
  readonly queueLimit: number;
}

/** A text over this is refused before it costs anything; the tokenizer looks at its first few thousand tokens only. */
const MAX_TEXT_UNITS = 16 * 1024 * 1024;

interface Pending {
  readonly resolve: (answer: Classification) => void;
  readonly reject: (error: unknown) => void;
  readonly acceptedAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Classifies in a worker thread, so that the event loop stays free. @throws VergeError ENGINE_LOAD_FAILED */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { workerUrl, queueLimit, ...settings } = options;
  return new Engine(await startWorkerLane(workerUrl, settings), queueLimit);
}

/** One loaded model with its queue. */
export class Engine implements Classifier {
  readonly #lane: Lane;
  readonly #queueLimit: number;
  readonly #pending = new Map<number, Pending>();
  /** One listener a signal, however many texts it may abort. */
  readonly #watched = new Map<AbortSignal, { readonly ids: Set<number>; readonly abort: () => void }>();
  #outgoing: { ids: number[]; texts: string[] } = { ids: [], texts: [] };
  #nextId = 0;
  #closing: Promise<void> | undefined;
  #failure: unknown;
  #emptied: (() => void) | undefined;
  #answered = 0;
  #failed = 0;
  #refused = 0;
  #cacheHits = 0;

  constructor(lane: Lane, queueLimit: number) {
    this.#lane = lane;
    this.#queueLimit = queueLimit;
    lane.listen(
      (message) => this.#receive(message),
      (what, cause) => this.#fail(what, cause),
    );
  }

  /**
   * Answers one text. A lone text runs at once; texts that wait together share batches.
   * @throws VergeError ENGINE_QUEUE_FULL, ENGINE_CLOSED, ENGINE_TEXT_TOO_LONG, ENGINE_RUN_FAILED, ENGINE_WORKER_FAILED
   */
  async classify(text: string, { signal }: ClassifyOptions = {}): Promise<Classification> {
    signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closing) throw engineErrors.make('ENGINE_CLOSED', 'the engine is closing and takes no more texts');
    if (text.length > MAX_TEXT_UNITS) {
      this.#refused++;
      throw engineErrors.make('ENGINE_TEXT_TOO_LONG', `the text has ${text.length} characters, over ${MAX_TEXT_UNITS}`);
    }
    if (this.#pending.size >= this.#queueLimit) {
      this.#refused++;
      throw engineErrors.make('ENGINE_QUEUE_FULL', `${this.#pending.size} texts are waiting, the most allowed`);
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject, acceptedAt: performance.now(), signal });
      if (signal) this.#watch(signal, id);
      this.#post(id, text);
    });
  }

  stats(): ClassifierStats {
    return {
      pending: this.#pending.size,
      answered: this.#answered,
      failed: this.#failed,
      refused: this.#refused,
      cacheHits: this.#cacheHits,
    };
  }

  /** Answers what was accepted, then frees the model and ends the thread. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Texts of one turn of the event loop go over in one message. */
  #post(id: number, text: string): void {
    if (this.#outgoing.ids.length === 0) queueMicrotask(() => this.#flush());
    this.#outgoing.ids.push(id);
    this.#outgoing.texts.push(text);
  }

  #flush(): void {
    const message: TextsMessage = { kind: 'texts', ...this.#outgoing };
    this.#outgoing = { ids: [], texts: [] };
    this.#lane.send(message);
  }

  #receive(message: FromWorker): void {
    if (message.kind === 'answers') {
      const now = performance.now();
      for (const [index, id] of message.ids.entries()) {
        const answer = message.answers[index];
        if (answer === undefined) continue;
        this.#settle(id, ({ resolve, acceptedAt }) => {
          this.#answered++;
          if (answer.cached) this.#cacheHits++;
          resolve({ ...answer, queueMs: Math.max(0, now - acceptedAt - answer.inferenceMs) });
        });
      }
    } else if (message.kind === 'run-failed') {
      for (const id of message.ids) {
        this.#settle(id, ({ reject }) => {
          this.#failed++;
          reject(engineErrors.make('ENGINE_RUN_FAILED', `the model failed on a batch (${message.message})`));
        });
      }
    }
  }

  #watch(signal: AbortSignal, id: number): void {
    const watched = this.#watched.get(signal);
    if (watched) {
      watched.ids.add(id);
      return;
    }
    const ids = new Set([id]);
    const abort = (): void => {
      for (const aborted of [...ids]) this.#settle(aborted, ({ reject }) => reject(signal.reason));
    };
    this.#watched.set(signal, { ids, abort });
    signal.addEventListener('abort', abort, { once: true });
  }

  #unwatch(signal: AbortSignal, id: number): void {
    const watched = this.#watched.get(signal);
    watched?.ids.delete(id);
    if (watched?.ids.size !== 0) return;
    signal.removeEventListener('abort', watched.abort);
    this.#watched.delete(signal);
  }

  #settle(id: number, use: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // aborted before its answer came
    this.#pending.delete(id);
    if (pending.signal) this.#unwatch(pending.signal, id);
    use(pending);
    if (this.#pending.size === 0) this.#emptied?.();
  }

  #fail(what: string, cause?: unknown): void {
    if (this.#closing && this.#pending.size === 0) return;
    this.#failure ??= engineErrors.make('ENGINE_WORKER_FAILED', `the inference worker ${what}`, cause);
    for (const id of [...this.#pending.keys()]) {
      this.#settle(id, ({ reject }) => {
        this.#failed++;
        reject(this.#failure);
      });
    }
  }

  async #close(): Promise<void> {
    if (this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
    }
    if (this.#failure !== undefined) return;
    await this.#lane.close();
  }
}
