import {
  type KeptStream,
  type MessageStore,
  type NewMessage,
  STREAMS_BY_URGENCY,
  type StoreDepth,
  type StoreEvents,
  type TakenMessage,
} from './message-store.ts';

interface Entry extends TakenMessage {
  mayHaveArrived: boolean;
  refusals: number;
  taken: boolean;
}

/** Messages in memory, within a bound of bytes, for as long as the process lives. When full, the least urgent stream's oldest go. */
export class MemoryStore implements MessageStore {
  readonly #maxBytes: number;
  readonly #lanes = new Map<KeptStream, Set<Entry>>(STREAMS_BY_URGENCY.map((stream) => [stream, new Set()]));
  #events: StoreEvents | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  listen(events: StoreEvents): void {
    this.#events = events;
  }

  async put(message: NewMessage): Promise<void> {
    this.#lane(message.stream).add({ ...message, mayHaveArrived: false, refusals: 0, taken: false });
    this.#bytes += message.payload.byteLength;
    while (this.#bytes > this.#maxBytes) {
      const victim = this.#oldest(STREAMS_BY_URGENCY.toReversed());
      if (victim === undefined) break;
      this.remove(victim);
      this.#events?.dropped({ stream: victim.stream, reason: 'full', messages: 1, items: victim.itemCount });
    }
  }

  async take(): Promise<TakenMessage | undefined> {
    const entry = this.#oldest(STREAMS_BY_URGENCY);
    if (entry) entry.taken = true;
    return entry;
  }

  remove(message: TakenMessage): void {
    // Whatever was taken was made here.
    if (this.#lane(message.stream).delete(message as Entry)) this.#bytes -= message.payload.byteLength;
  }

  giveBack(message: TakenMessage, refused: boolean): void {
    const entry = message as Entry; // as above
    entry.taken = false;
    entry.mayHaveArrived = true;
    if (refused) entry.refusals++;
  }

  depth(): StoreDepth {
    let messages = 0;
    for (const lane of this.#lanes.values()) messages += lane.size;
    let results = 0;
    for (const { itemCount } of this.#lane('result')) results += itemCount;
    return { messages, bytes: this.#bytes, results };
  }

  async probe(): Promise<void> {}

  async close(): Promise<void> {
    this.#events = undefined;
  }

  #lane(stream: KeptStream): Set<Entry> {
    return this.#lanes.get(stream) ?? new Set();
  }

  #oldest(streams: readonly KeptStream[]): Entry | undefined {
    for (const stream of streams) {
      for (const entry of this.#lane(stream)) if (!entry.taken) return entry;
    }
    return undefined;
  }
}
