import { linkErrors } from '../../component/link/errors.ts';
import type { Link, LinkChange, LinkHandler, LinkState, LinkSubscription } from '../../component/link/link.ts';

export interface FakePublish {
  readonly topic: string;
  readonly payload: Uint8Array;
  acknowledge(): void;
  refuse(): void;
}

/** A link without a far side: the test acknowledges, refuses and cuts. */
export class FakeLink implements Link {
  readonly limits = { inFlightMessages: 3 };
  readonly redelivers = true;
  /** Everything that was ever published, in order. */
  readonly published: FakePublish[] = [];
  readonly handlers = new Map<string, LinkHandler>();
  /** True: everything is acknowledged at once. */
  automatic = false;
  state: LinkState = 'waiting';
  readonly #listeners = new Set<(change: LinkChange) => void>();
  readonly #cut = new Set<() => void>();

  start(): void {
    this.become('connected');
  }

  become(state: LinkState): void {
    this.state = state;
    if (state !== 'connected') for (const cut of [...this.#cut]) cut();
    for (const listener of this.#listeners) listener({ state, reason: 'the test says so' });
  }

  publish(topic: string, payload: Uint8Array): Promise<void> {
    if (this.state !== 'connected') return Promise.reject(linkErrors.make('LINK_DOWN', 'no connection'));
    return new Promise((resolve, reject) => {
      const cut = (): void => reject(linkErrors.make('LINK_DOWN', 'cut'));
      this.#cut.add(cut);
      const acknowledge = (): void => {
        this.#cut.delete(cut);
        resolve();
      };
      const refuse = (): void => {
        this.#cut.delete(cut);
        reject(linkErrors.make('LINK_PUBLISH_REFUSED', 'refused'));
      };
      this.published.push({ topic, payload, acknowledge, refuse });
      if (this.automatic) acknowledge();
    });
  }

  subscribe(filter: string, handler: LinkHandler): LinkSubscription {
    this.handlers.set(filter, handler);
    return { granted: Promise.resolve(), stop: () => this.handlers.delete(filter) };
  }

  onChange(listener: (change: LinkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.become('closed');
  }
}

/** The messages published so far, as JSON. */
export function publishedJson(link: FakeLink): { id: string; data: Record<string, unknown> }[] {
  return link.published.map(({ payload }) => JSON.parse(Buffer.from(payload).toString('utf8')));
}

/** Lets everything run that is due: promises and immediates, not timers. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
