import type { Dropped, MessageStore, StoredMessage } from './message-store.ts';

/**
 * Messages in memory, within a bound of bytes. When full, the oldest results go first and events last: an event says what
 * happened to the results.
 */
export class MemoryStore implements MessageStore {
  readonly #maxBytes: number;
  readonly #messages = new Set<StoredMessage>();
  #bytes = 0;
  #items = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async put(message: StoredMessage, isUnderWay: (message: StoredMessage) => boolean): Promise<Dropped> {
    this.#messages.add(message);
    this.#bytes += message.payload.byteLength;
    this.#items += message.itemCount;
    let messages = 0;
    let items = 0;
    while (this.#bytes > this.#maxBytes) {
      const victim =
        this.#oldest((kept) => kept.stream !== 'event' && !isUnderWay(kept)) ??
        this.#oldest((kept) => !isUnderWay(kept));
      if (victim === undefined) break;
      messages++;
      items += victim.itemCount;
      this.remove(victim);
    }
    return { messages, items };
  }

  next(skip: (message: StoredMessage) => boolean): StoredMessage | undefined {
    return this.#oldest((kept) => !skip(kept));
  }

  remove(message: StoredMessage): void {
    if (!this.#messages.delete(message)) return;
    this.#bytes -= message.payload.byteLength;
    this.#items -= message.itemCount;
  }

  depth(): { readonly messages: number; readonly bytes: number; readonly items: number } {
    return { messages: this.#messages.size, bytes: this.#bytes, items: this.#items };
  }

  #oldest(wanted: (message: StoredMessage) => boolean): StoredMessage | undefined {
    for (const message of this.#messages) if (wanted(message)) return message;
    return undefined;
  }
}
