import { VergeError } from '../contract/error.ts';
import type { Link } from '../link/link.ts';
import { markReplay } from './mark-replay.ts';
import type { MessageStore, StoredMessage } from './message-store.ts';

/** A message that the other side refuses while the link is up is tried again after this, this many times. */
const RETRY_DELAY_MS = 1000;
const MAX_REFUSALS = 10;

export interface SenderEvents {
  /** A message was given up because the other side refused it again and again. */
  onRefused(message: StoredMessage, error: unknown): void;
}

/** Takes messages out of the store in order, several under way at once, and forgets each when it is acknowledged. */
export class Sender {
  readonly #link: Link;
  readonly #store: MessageStore;
  readonly #events: SenderEvents;
  readonly #underWay = new Set<StoredMessage>();
  /** How often a message was refused; its being here at all means that it may have arrived before. */
  readonly #tries = new WeakMap<StoredMessage, number>();
  readonly #unlisten: () => void;
  readonly #emptied = new Set<() => void>();
  #retry: NodeJS.Timeout | undefined;
  #published = 0;

  constructor(link: Link, store: MessageStore, events: SenderEvents) {
    this.#link = link;
    this.#store = store;
    this.#events = events;
    this.#unlisten = link.onChange(({ state }) => {
      if (state === 'connected') this.pump();
    });
  }

  /** Messages acknowledged so far. */
  get published(): number {
    return this.#published;
  }

  /** Whether a message is being sent now. */
  isUnderWay(message: StoredMessage): boolean {
    return this.#underWay.has(message);
  }

  /** Sends what can be sent now. Called after every `put`. */
  pump(): void {
    while (this.#link.state === 'connected' && this.#underWay.size < this.#link.limits.inFlightMessages) {
      const message = this.#store.next((kept) => this.#underWay.has(kept));
      if (message === undefined) break;
      this.#underWay.add(message);
      void this.#send(message);
    }
    if (this.#store.depth().messages > 0) return;
    for (const wake of this.#emptied) wake();
    this.#emptied.clear();
  }

  /** Resolves when everything is acknowledged, or when the signal says that it is time. */
  whenEmpty(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#store.depth().messages === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#emptied.delete(done);
        resolve();
      };
      this.#emptied.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  close(): void {
    this.#unlisten();
    clearTimeout(this.#retry);
  }

  async #send(message: StoredMessage): Promise<void> {
    const refusals = this.#tries.get(message);
    const payload = refusals === undefined ? message.payload : markReplay(message.payload);
    try {
      await this.#link.publish(message.topic, payload, { qos: 1 });
      this.#published++;
      this.#forget(message);
    } catch (error) {
      const lost = error instanceof VergeError && (error.code === 'LINK_DOWN' || error.code === 'LINK_CLOSED');
      const count = (refusals ?? 0) + (lost ? 0 : 1);
      this.#tries.set(message, count);
      if (count >= MAX_REFUSALS) {
        this.#forget(message);
        this.#events.onRefused(message, error);
      }
      this.#underWay.delete(message);
      if (!lost) this.#retryLater();
      return;
    }
    this.pump();
  }

  #forget(message: StoredMessage): void {
    this.#store.remove(message);
    this.#underWay.delete(message);
    this.#tries.delete(message);
  }

  #retryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.pump(), RETRY_DELAY_MS);
  }
}
