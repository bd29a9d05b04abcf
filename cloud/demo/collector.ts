import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerCounts } from '../consumer/intake.ts';
import type { AnsweredItem, ConsumerItem, MessageItem, ResultItem } from '../consumer/item.ts';

type Health = Extract<MessageItem, { kind: 'health' }>;

/** Reads the consumer to its end and remembers what the tour needs. */
export class Collector {
  readonly results = new Map<string, AnsweredItem>();
  /** When each result arrived, by `performance.now()`. */
  readonly arrivedAt = new Map<string, number>();
  readonly finished: Promise<void>;
  readonly #consumer: Consumer;
  readonly #waiting = new Set<() => void>();
  #health: Health | undefined;
  #failed = 0;
  #healthMessages = 0;

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
    this.finished = this.#read();
    this.finished.catch(() => undefined); // whoever waits for it learns of it
  }

  /** The device's last word on itself. */
  get health(): Health | undefined {
    return this.#health;
  }

  /** Results that say that a text could not be answered. */
  get failed(): number {
    return this.#failed;
  }

  get healthMessages(): number {
    return this.#healthMessages;
  }

  get counts(): ConsumerCounts {
    return this.#consumer.counts;
  }

  /** Resolves when what was seen satisfies; rejects when the signal aborts or the consumer ends. */
  until(satisfied: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', abort);
        finish();
      };
      const look = (): void => {
        if (satisfied()) settle(resolve);
      };
      const abort = (): void => settle(() => reject(signal.reason));
      this.finished.then(
        () => settle(() => reject(new Error('the consumer has ended'))),
        (error: unknown) => settle(() => reject(error)),
      );
      this.#waiting.add(look);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      else look();
    });
  }

  async #read(): Promise<void> {
    for await (const item of this.#consumer) {
      this.#take(item);
      for (const look of [...this.#waiting]) look();
    }
  }

  #take(item: ConsumerItem): void {
    if (item.kind === 'health') {
      this.#health = item;
      this.#healthMessages++;
    }
    if (item.kind === 'result') this.#takeResult(item);
  }

  #takeResult(item: ResultItem): void {
    this.arrivedAt.set(item.requestId, performance.now());
    if (item.answered) this.results.set(item.requestId, item);
    else this.#failed++;
  }
}
