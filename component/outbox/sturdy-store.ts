import { VergeError } from '../contract/error.ts';
import { backoffDelayMs } from '../link/backoff.ts';
import { outboxErrors } from './errors.ts';
import { markReplay } from './mark-replay.ts';
import type { MessageStore, NewMessage, StoreDepth, StoreEvents, TakenMessage } from './message-store.ts';

/** Trouble that passes: whoever is refused by one of these is tried again. */
const PASSING: ReadonlySet<string> = new Set([
  'OUTBOX_BUSY',
  'OUTBOX_DISK_FULL',
  'OUTBOX_DISK_READ_ONLY',
  'OUTBOX_DISK_FAILED',
]);
/** A put that takes longer is told of; it goes on. */
const SLOW_MS = 10_000;
/** Results are bounded by their sources, which are not acknowledged meanwhile; nothing holds back the others. */
const MAX_OTHER_BYTES = 1024 * 1024;

interface Sheltered extends TakenMessage {
  state: 'waiting' | 'taken' | 'storing';
  mayHaveArrived: boolean;
  refusals: number;
  readonly settle: { resolve(): void; reject(error: unknown): void };
}

/**
 * A store that outlives trouble with the one that it stands before. What that can't keep now waits here in memory, and its
 * `put` with it, so that no source is acknowledged: it is tried again with back-off, and meanwhile sent where the link is
 * up, which is as good. Whatever is left at the end is refused, and comes again from its source.
 */
export class SturdyStore implements MessageStore {
  readonly #inner: MessageStore;
  readonly #random: () => number;
  readonly #onClosed: () => Promise<void>;
  readonly #sheltered = new Set<Sheltered>();
  #events: StoreEvents | undefined;
  #isFailing = false;
  #mayProbe = true;
  #storing = false;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onClosed what else ends with it, such as the hold on its folder */
  constructor(
    inner: MessageStore,
    random: () => number = Math.random,
    onClosed: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#inner = inner;
    this.#random = random;
    this.#onClosed = onClosed;
  }

  listen(events: StoreEvents): void {
    this.#events = events;
    this.#inner.listen({ ...events, failing: (error) => this.#fails(error), restored: () => this.#works() });
  }

  async put(message: NewMessage): Promise<void> {
    if (this.#closed) throw outboxErrors.make('OUTBOX_CLOSED', 'the store is closed');
    if (this.#sheltered.size > 0 || (this.#isFailing && !this.#mayProbe)) return this.#shelter(message);
    try {
      await this.#tryPut(message);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#fails(error);
      return this.#shelter(message);
    }
  }

  async take(): Promise<TakenMessage | undefined> {
    const urgent = this.#takeSheltered(({ stream }) => stream === 'event');
    if (urgent) return urgent;
    try {
      const taken = await this.#inner.take();
      if (taken) return taken;
    } catch (error) {
      const other = this.#takeSheltered(() => true);
      if (other) return other;
      throw error;
    }
    return this.#takeSheltered(() => true);
  }

  remove(message: TakenMessage): void {
    const sheltered = this.#own(message);
    if (sheltered === undefined) {
      this.#inner.remove(message);
      return;
    }
    this.#sheltered.delete(sheltered);
    sheltered.settle.resolve();
  }

  giveBack(message: TakenMessage, refused: boolean): void {
    const sheltered = this.#own(message);
    if (sheltered === undefined) {
      this.#inner.giveBack(message, refused);
      return;
    }
    sheltered.state = 'waiting';
    sheltered.mayHaveArrived = true;
    if (refused) sheltered.refusals++;
    if (!this.#isFailing) void this.#storeSheltered();
  }

  depth(): StoreDepth {
    const inner = this.#inner.depth();
    let { messages, bytes, results } = inner;
    for (const { payload, stream, itemCount } of this.#sheltered) {
      messages++;
      bytes += payload.byteLength;
      if (stream === 'result') results += itemCount;
    }
    return { ...inner, messages, bytes, results };
  }

  async probe(): Promise<void> {
    try {
      await this.#inner.probe();
      this.#works();
    } catch (error) {
      if (isPassing(error)) this.#fails(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { settle } of this.#sheltered) {
      settle.reject(outboxErrors.make('OUTBOX_ENDED', 'the runtime ended before a message could be stored or sent'));
    }
    this.#sheltered.clear();
    await this.#inner.close();
    await this.#onClosed();
  }

  async #tryPut(message: NewMessage): Promise<void> {
    const slow = setTimeout(() => {
      this.#fails(outboxErrors.make('OUTBOX_DISK_SLOW', `the disk takes over ${SLOW_MS} ms to write a message`));
    }, SLOW_MS);
    try {
      await this.#inner.put(message);
      this.#works();
    } finally {
      clearTimeout(slow);
    }
  }

  #shelter(message: NewMessage): Promise<void> {
    const { stream, payload, itemCount } = message;
    if (stream !== 'result' && this.#otherBytes() + payload.byteLength > MAX_OTHER_BYTES) {
      this.#events?.dropped({ stream, reason: 'full', messages: 1, items: itemCount });
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const settle = { resolve, reject };
      this.#sheltered.add({ ...message, state: 'waiting', mayHaveArrived: false, refusals: 0, settle });
      if (this.#isFailing) this.#events?.takeable();
      else void this.#storeSheltered();
    });
  }

  /** Gives the inner store what waits here, in order, until it can't keep it. */
  async #storeSheltered(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    try {
      for (let next = this.#firstWaiting(); next && !this.#closed; next = this.#firstWaiting()) {
        next.state = 'storing';
        const { stream, topic, itemCount, mayHaveArrived } = next;
        const payload = mayHaveArrived ? markReplay(next.payload) : next.payload;
        try {
          await this.#tryPut({ stream, topic, payload, itemCount });
          this.#sheltered.delete(next);
          next.settle.resolve();
        } catch (error) {
          if (this.#closed) return;
          if (isPassing(error)) {
            next.state = 'waiting';
            this.#fails(error);
            this.#events?.takeable();
            return;
          }
          this.#sheltered.delete(next);
          next.settle.reject(error);
        }
      }
    } finally {
      this.#storing = false;
    }
  }

  #fails(error: VergeError): void {
    if (this.#closed) return;
    if (this.#mayProbe) this.#probeLater(); // those that fail side by side are one failure
    const isNews = !this.#isFailing;
    this.#isFailing = true;
    if (isNews) this.#events?.failing(error);
  }

  #probeLater(): void {
    this.#mayProbe = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#mayProbe = true;
        void (this.#firstWaiting() ? this.#storeSheltered() : this.probe().catch(() => undefined));
      },
      backoffDelayMs(this.#attempt++, this.#random()),
    ).unref();
  }

  #works(): void {
    this.#attempt = 0;
    this.#mayProbe = true;
    clearTimeout(this.#timer);
    if (!this.#isFailing || this.#closed) return;
    this.#isFailing = false;
    this.#events?.restored();
    void this.#storeSheltered();
  }

  #takeSheltered(wanted: (message: Sheltered) => boolean): Sheltered | undefined {
    for (const sheltered of this.#sheltered) {
      if (sheltered.state !== 'waiting' || !wanted(sheltered)) continue;
      sheltered.state = 'taken';
      return sheltered;
    }
    return undefined;
  }

  #firstWaiting(): Sheltered | undefined {
    for (const sheltered of this.#sheltered) if (sheltered.state === 'waiting') return sheltered;
    return undefined;
  }

  #own(message: TakenMessage): Sheltered | undefined {
    // Whatever is in the set was made here; what isn't is the inner store's.
    return this.#sheltered.has(message as Sheltered) ? (message as Sheltered) : undefined;
  }

  #otherBytes(): number {
    let sum = 0;
    for (const { stream, payload } of this.#sheltered) if (stream !== 'result') sum += payload.byteLength;
    return sum;
  }
}

function isPassing(error: unknown): error is VergeError {
  return error instanceof VergeError && PASSING.has(error.code);
}
