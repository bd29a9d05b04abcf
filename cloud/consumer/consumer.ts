import { setImmediate } from 'node:timers/promises';
import type { VergeError } from '../../component/contract/error.ts';
import type { Link, LinkChange } from '../../component/link/link.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { Delivery } from './delivery.ts';
import { consumerErrors } from './errors.ts';
import { type ConsumerCounts, Intake, type IntakeOptions } from './intake.ts';
import type { ConsumerItem, LinkItem } from './item.ts';

/**
 * What `consume()` gives: an async iterator for one loop. Leaving the loop early (`break`, `throw`) closes it; the item at
 * which it was left counts as not done, unless `ack()` was called on it.
 */
export interface Consumer extends AsyncIterableIterator<ConsumerItem> {
  /** Resolves when the broker has granted every subscription; rejects with what the iterator throws. Needs no handling. */
  readonly ready: Promise<void>;
  readonly counts: ConsumerCounts;
  /**
   * Instead of items one by one: waits for one, then takes all that are at hand, up to `maxItems`. Batches grow with the load by
   * themselves, and none waits for a number that the broker, owed acknowledgements, would not send.
   */
  batches(maxItems: number): AsyncGenerator<ConsumerItem[], void>;
  /** Ends at once. What is not acknowledged is left to the next session. Safe to call twice. */
  close(): Promise<void>;
}

export interface ConsumerSettings extends IntakeOptions {
  readonly filters: readonly string[];
  readonly acknowledge: 'taken' | 'manual';
  readonly signal?: AbortSignal | undefined;
}

interface Waiter {
  resolve(result: IteratorResult<ConsumerItem>): void;
  reject(error: unknown): void;
}

const DONE: IteratorResult<ConsumerItem> = { done: true, value: undefined };

/** The consumer behind `consume()`, over any link. */
export class LinkConsumer implements Consumer {
  readonly ready: Promise<void>;
  readonly #link: Link;
  readonly #settings: ConsumerSettings;
  readonly #acknowledgements = new Acknowledgements();
  readonly #intake: Intake;
  /**
   * What came and isn't read yet. The link takes in no more messages than may be unacknowledged at once, and changes of
   * the link in a row are one entry, so it stays small however slow the loop is.
   */
  readonly #queue: (Delivery | LinkChange)[] = [];
  readonly #waiters: Waiter[] = [];
  /** Items of the message that is being handed over, the next one last. */
  #items: ConsumerItem[] = [];
  #inHand: ConsumerItem | undefined;
  #lastChange: LinkChange | undefined;
  #wasConnected = false;
  #ending = false;
  #failure: VergeError | undefined;
  #failureTold = false;
  #closing: Promise<void> | undefined;
  readonly #onAbort = (): void => this.#end();

  constructor(link: Link, settings: ConsumerSettings) {
    this.#link = link;
    this.#settings = settings;
    this.#intake = new Intake(settings, this.#acknowledgements);
    link.onChange((change) => this.#linkChanged(change));
    const subscriptions = settings.filters.map((filter) =>
      link.subscribe(filter, ({ topic, payload }) => this.#arrived(new Delivery(topic, payload))),
    );
    this.ready = Promise.all(subscriptions.map(({ granted }) => granted)).then(
      () => undefined,
      (error: VergeError) => {
        this.#fail(error);
        throw this.#failure ?? error;
      },
    );
    this.ready.catch(() => undefined); // the iterator throws it
    settings.signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (settings.signal?.aborted) this.#end();
    else link.start();
  }

  get counts(): ConsumerCounts {
    return this.#intake.counts;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ConsumerItem>> {
    if (this.#settings.acknowledge === 'taken') this.#inHand?.ackThrough();
    const item = this.#take();
    if (item) return { done: false, value: item };
    if (!this.#ending) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    await this.#closeWhenDone();
    return this.#lastWord();
  }

  async *batches(maxItems: number): AsyncGenerator<ConsumerItem[], void> {
    for await (const first of this) {
      const batch = [first];
      while (batch.length < maxItems) {
        const item = this.#take();
        if (item === undefined) break;
        batch.push(item);
      }
      yield batch;
    }
  }

  async return(): Promise<IteratorResult<ConsumerItem>> {
    await this.close();
    return DONE;
  }

  close(): Promise<void> {
    this.#ending = true;
    this.#items = [];
    this.#leaveQueue();
    this.#acknowledgements.leaveAll();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * The signal's way: the rest of the message in hand still comes, so that it can be acknowledged whole and nothing of it
   * comes twice. The connection stays until everything that was handed over is acknowledged.
   */
  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#leaveQueue();
    void this.#closeWhenDone();
  }

  async #closeWhenDone(): Promise<void> {
    if (this.#items.length > 0) return;
    if (this.#acknowledgements.open === 0) return this.close();
    this.#acknowledgements.onNoneOpen = () => void this.close();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(DONE);
  }

  async #close(): Promise<void> {
    this.#settings.signal?.removeEventListener('abort', this.#onAbort);
    await setImmediate(); // acknowledgements given just now leave before the goodbye
    await this.#link.close();
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      try {
        resolve(this.#lastWord());
      } catch (error) {
        reject(error);
      }
    }
  }

  /** The failure, once; then the end. */
  #lastWord(): IteratorResult<ConsumerItem> {
    if (this.#failure === undefined || this.#failureTold) return DONE;
    this.#failureTold = true;
    throw this.#failure;
  }

  #fail(error: VergeError): void {
    if (this.#ending) return;
    this.#failure = error;
    void this.close();
  }

  #linkChanged(change: LinkChange): void {
    if (this.#ending || change.state === 'closed') return;
    if (change.refused && !this.#wasConnected) {
      this.#fail(consumerErrors.make('CONSUMER_REFUSED', `the broker turned the connection down (${change.reason})`));
      return;
    }
    if (change.state === 'connected') this.#wasConnected = true;
    const last = this.#lastChange;
    if (last?.state === change.state && last.reason === change.reason) return; // one more try that failed
    this.#lastChange = change;
    if (this.#queue.length > 0 && !(this.#queue.at(-1) instanceof Delivery)) this.#queue.pop();
    this.#queue.push(change);
    this.#serve();
  }

  #arrived(delivery: Delivery): Promise<void> {
    if (this.#ending) delivery.leave();
    else this.#queue.push(delivery);
    this.#serve();
    return delivery.settled;
  }

  #leaveQueue(): void {
    for (const entry of this.#queue.splice(0)) if (entry instanceof Delivery) entry.leave();
  }

  /** Gives what there is to whoever waits. */
  #serve(): void {
    while (this.#waiters.length > 0) {
      const item = this.#take();
      if (item === undefined) return;
      this.#waiters.shift()?.resolve({ done: false, value: item });
    }
  }

  /** The next item; undefined where there is none now. */
  #take(): ConsumerItem | undefined {
    for (;;) {
      const item = this.#items.pop() ?? this.#nextOfLink();
      if (item) {
        this.#inHand = item;
        return item;
      }
      const entry = this.#queue.shift();
      if (!(entry instanceof Delivery)) return undefined;
      this.#items = this.#intake.read(entry).reverse();
    }
  }

  /** A change of the link, where one is next in the queue. */
  #nextOfLink(): LinkItem | undefined {
    const entry = this.#queue[0];
    if (entry === undefined || entry instanceof Delivery || entry.state === 'closed') return undefined;
    this.#queue.shift();
    const { state, reason } = entry;
    return { kind: 'link', state, reason, ...this.#acknowledgements.passing() };
  }
}
