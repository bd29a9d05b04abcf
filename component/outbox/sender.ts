import { VergeError } from '../contract/error.ts';
import type { Link } from '../link/link.ts';
import { markReplay } from './mark-replay.ts';
import type { MessageStore, TakenMessage } from './message-store.ts';

/** A message that the other side refuses while the link is up is tried again after this, this many times. */
const RETRY_DELAY_MS = 1000;
const MAX_REFUSALS = 10;

export interface SenderEvents {
  /** A message was given up because the other side refused it again and again. */
  onRefused(message: TakenMessage, error: unknown): void;
}

/** Takes messages out of the store in order, several under way at once, and forgets each when it is acknowledged. */
export class Sender {
  readonly #link: Link;
  readonly #store: MessageStore;
  readonly #events: SenderEvents;
  readonly #unlisten: () => void;
  readonly #emptied = new Set<() => void>();
  #underWay = 0;
  #pumping = false;
  #pumpAgain = false;
  #closed = false;
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

  /** Sends what can be sent now. Called after every `put`. */
  pump(): void {
    this.#pumpAgain = true;
    if (!this.#pumping) void this.#pump();
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
    this.#closed = true;
    this.#unlisten();
    clearTimeout(this.#retry);
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#pumpAgain) {
      this.#pumpAgain = false;
      try {
        await this.#sendAll();
      } catch {
        this.#retryLater(); // the store couldn't read it now
      }
    }
    this.#pumping = false;
    if (this.#emptied.size === 0 || this.#store.depth().messages > 0) return;
    for (const wake of this.#emptied) wake();
    this.#emptied.clear();
  }

  async #sendAll(): Promise<void> {
    while (this.#canSend()) {
      const message = await this.#store.take();
      if (message === undefined) return;
      if (!this.#canSend()) return this.#store.giveBack(message, false); // the link went meanwhile
      this.#underWay++;
      void this.#send(message);
    }
  }

  #canSend(): boolean {
    return !this.#closed && this.#link.state === 'connected' && this.#underWay < this.#link.limits.inFlightMessages;
  }

  async #send(message: TakenMessage): Promise<void> {
    const { topic, mayHaveArrived, refusals } = message;
    try {
      await this.#link.publish(topic, mayHaveArrived ? markReplay(message.payload) : message.payload, { qos: 1 });
      this.#published++;
      this.#store.remove(message);
    } catch (error) {
      const lost = error instanceof VergeError && (error.code === 'LINK_DOWN' || error.code === 'LINK_CLOSED');
      if (!lost && refusals + 1 >= MAX_REFUSALS) {
        this.#store.remove(message);
        this.#events.onRefused(message, error);
      } else {
        this.#store.giveBack(message, !lost);
      }
      this.#underWay--;
      if (!lost) this.#retryLater();
      return;
    }
    this.#underWay--;
    this.pump();
  }

  #retryLater(): void {
    clearTimeout(this.#retry);
    if (!this.#closed) this.#retry = setTimeout(() => this.pump(), RETRY_DELAY_MS);
  }
}
