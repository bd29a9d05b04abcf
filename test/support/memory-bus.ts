import { linkErrors } from '../../component/link/errors.ts';
import type { LocalBus, LocalHandler, LocalMessage, LocalPayload } from '../../component/link/local-bus.ts';

/** A local bus in memory that keeps the port's promises: what nobody listens to is gone, bytes and JSON arrive as sent. */
export class MemoryBus implements LocalBus {
  readonly #handlers = new Map<string, Set<LocalHandler>>();
  /** True: publishing fails, as with the nucleus away. */
  away = false;

  subscribe(topic: string, handler: LocalHandler): { granted: Promise<void>; stop: () => void } {
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(handler));
    return { granted: Promise.resolve(), stop: () => void handlers.delete(handler) };
  }

  async publish(topic: string, payload: LocalPayload): Promise<void> {
    if (this.away) throw linkErrors.make('LINK_DOWN', 'no connection');
    const sent: LocalPayload =
      payload.kind === 'json'
        ? { kind: 'json', value: JSON.parse(JSON.stringify(payload.value)) }
        : { kind: 'binary', bytes: Buffer.from(payload.bytes) };
    for (const handler of this.#handlers.get(topic) ?? []) void handler({ topic, payload: sent });
  }

  /** Resolves with the next so many messages on a topic. */
  next(topic: string, count = 1): Promise<LocalMessage[]> {
    const messages: LocalMessage[] = [];
    return new Promise((resolve) => {
      const { stop } = this.subscribe(topic, async (message) => {
        messages.push(message);
        if (messages.length < count) return;
        stop();
        resolve(messages);
      });
    });
  }
}
