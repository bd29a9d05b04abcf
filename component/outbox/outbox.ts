import { type DataOf, makeEnvelope } from '../contract/envelope.ts';
import type { TelemetryStream } from '../contract/topics.ts';
import { telemetryTopic } from '../contract/topics.ts';
import type { Link } from '../link/link.ts';
import { outboxErrors } from './errors.ts';
import type { Dropped, MessageStore } from './message-store.ts';
import type { PendingResult } from './pending-result.ts';
import { type MessageSource, ResultMessage } from './result-message.ts';
import { Sender } from './sender.ts';

export interface OutboxOptions {
  readonly source: MessageSource;
  readonly link: Link;
  readonly store: MessageStore;
  /** No message is larger, its envelope included. */
  readonly messageBytes: number;
  /** A result waits at most this long for others to share its message. */
  readonly flushWaitMs: number;
  readonly now: () => Date;
  /** Messages were thrown away: there was no room for them, or they were refused for good. */
  readonly onDropped: (dropped: Dropped, reason: 'full' | 'refused') => void;
}

/** What is still on its way. `results` have no message yet. */
export interface OutboxDepth {
  readonly results: number;
  readonly messages: number;
  readonly bytes: number;
}

/** Streams that may wait here for the link; health is of the moment and is sent or not. */
export type KeptStream = Exclude<TelemetryStream, 'health' | 'result'>;

/** Results gather into messages, and messages stay until the link has them acknowledged. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #sender: Sender;
  readonly #seq = new Map<TelemetryStream, number>();
  #open: ResultMessage;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #dropped = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#open = new ResultMessage(options.source, options.messageBytes);
    this.#sender = new Sender(options.link, options.store, {
      onRefused: ({ itemCount }) => this.#drop({ messages: 1, items: itemCount }, 'refused'),
    });
  }

  /**
   * Takes a result; resolves when it is as safe as the store makes it, which is when its source may be acknowledged.
   * @throws VergeError OUTBOX_CLOSED
   */
  async append(result: PendingResult): Promise<void> {
    this.#assertOpen();
    while (!this.#open.add(result)) await this.#flush(); // an empty message takes any result
    if (this.#options.flushWaitMs === 0) await this.#flush();
    else this.#timer ??= setTimeout(() => void this.#flush(), this.#options.flushWaitMs);
  }

  /** Sends something that isn't a result in a message of its own. @throws VergeError OUTBOX_CLOSED */
  async post<S extends KeptStream>(stream: S, data: Omit<DataOf<S>, 'schemaVersion' | 'boot' | 'seq'>): Promise<void> {
    this.#assertOpen();
    const { source, now } = this.#options;
    const head = { schemaVersion: 1, boot: source.boot, seq: this.nextSeq(stream) };
    // `head` and the rest make the whole; the type system can't add them up for a stream that it doesn't know.
    const envelope = makeEnvelope(source.place, stream, { ...head, ...data } as unknown as DataOf<S>, now());
    await this.#keep(stream, Buffer.from(JSON.stringify(envelope)), 1);
  }

  /** The next number of a stream; also for those who send by themselves. */
  nextSeq(stream: TelemetryStream): number {
    const seq = (this.#seq.get(stream) ?? 0) + 1;
    this.#seq.set(stream, seq);
    return seq;
  }

  depth(): OutboxDepth {
    const { messages, bytes } = this.#options.store.depth();
    return { results: this.#open.count, messages, bytes };
  }

  /** Messages acknowledged, and items thrown away, since the start. */
  counts(): { readonly published: number; readonly dropped: number } {
    return { published: this.#sender.published, dropped: this.#dropped };
  }

  /** Sends what there is, until all is acknowledged or the signal says stop. @returns how many items are left */
  async drain(signal: AbortSignal): Promise<number> {
    await this.#flush();
    await this.#sender.whenEmpty(signal);
    return this.#open.count + this.#options.store.depth().items;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#sender.close();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const full = this.#open;
    if (full.count === 0) return;
    this.#open = new ResultMessage(this.#options.source, this.#options.messageBytes);
    const payload = full.seal(this.nextSeq('result'), this.#options.now());
    await this.#keep('result', payload, full.count);
  }

  async #keep(stream: TelemetryStream, payload: Uint8Array, itemCount: number): Promise<void> {
    const topic = telemetryTopic(this.#options.source.place, stream);
    const dropped = await this.#options.store.put({ stream, topic, payload, itemCount }, (kept) =>
      this.#sender.isUnderWay(kept),
    );
    if (dropped.messages > 0) this.#drop(dropped, 'full');
    this.#sender.pump();
  }

  #drop(dropped: Dropped, reason: 'full' | 'refused'): void {
    this.#dropped += dropped.items;
    this.#options.onDropped(dropped, reason);
  }

  #assertOpen(): void {
    if (this.#closed) throw outboxErrors.make('OUTBOX_CLOSED', 'the outbox is closed and takes nothing more');
  }
}
