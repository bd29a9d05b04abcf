import { type DataOf, makeEnvelope } from '../contract/envelope.ts';
import type { VergeError } from '../contract/error.ts';
import { type TelemetryStream, telemetryTopic } from '../contract/topics.ts';
import type { Link } from '../link/link.ts';
import { outboxErrors } from './errors.ts';
import type { Dropped, DropReason, KeptStream, MessageStore } from './message-store.ts';
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
  /** Messages were thrown away. */
  readonly onDropped: (dropped: Dropped) => void;
  /** The store can't keep anything now, and tries again by itself. */
  readonly onFailing?: (error: VergeError) => void;
  readonly onRestored?: () => void;
}

/** What is still on its way. */
export interface OutboxDepth {
  /** With those that have no message yet. */
  readonly results: number;
  readonly messages: number;
  readonly bytes: number;
  readonly oldestSeconds?: number;
}

/** Since the start. */
export interface OutboxCounts {
  /** Messages acknowledged. */
  readonly published: number;
  /** Items thrown away, and why. */
  readonly dropped: number;
  readonly droppedBy: Readonly<Record<DropReason, number>>;
}

/** What is left at the end. */
export interface OutboxRest {
  /** Results whose sources are not acknowledged: they come again. */
  readonly unstored: number;
  /** In the store. */
  readonly messages: number;
  readonly results: number;
}

interface OpenMessage {
  readonly message: ResultMessage;
  /** Settles when it is stored. */
  readonly stored: Promise<void>;
  readonly settle: { resolve(stored: Promise<void>): void };
}

/** Results gather into messages, and messages stay in the store until the link has them acknowledged. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #sender: Sender;
  readonly #seq = new Map<TelemetryStream, number>();
  readonly #puts = new Set<Promise<void>>();
  readonly #dropped = { full: 0, age: 0, refused: 0, corrupt: 0 };
  #open: OpenMessage;
  #unstored = 0;
  #flushWaitMs: number;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#flushWaitMs = options.flushWaitMs;
    this.#open = this.#newMessage();
    this.#sender = new Sender(options.link, options.store, {
      onRefused: ({ stream, itemCount }) => this.#drop({ stream, reason: 'refused', messages: 1, items: itemCount }),
    });
    options.store.listen({
      dropped: (drop) => this.#drop(drop),
      failing: (error) => options.onFailing?.(error),
      restored: () => options.onRestored?.(),
      takeable: () => this.#sender.pump(),
    });
  }

  /**
   * Takes a result; resolves when the message that holds it is in the store, which is when its source may be acknowledged.
   * @throws VergeError OUTBOX_CLOSED, OUTBOX_ENDED where the source has to bring it again
   */
  append(result: PendingResult): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    if (!this.#open.message.add(result)) {
      this.#flush();
      this.#open.message.add(result); // an empty message takes any result
    }
    const { stored } = this.#open;
    if (this.#flushWaitMs === 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#flushWaitMs);
    return stored;
  }

  /**
   * Sends something that isn't a result in a message of its own; resolves when it is in the store.
   * @throws VergeError OUTBOX_CLOSED, OUTBOX_ENDED
   */
  async post<S extends Exclude<KeptStream, 'result'>>(
    stream: S,
    data: Omit<DataOf<S>, 'schemaVersion' | 'boot' | 'seq'>,
  ): Promise<void> {
    if (this.#closed) throw closedError();
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
    const depth = this.#options.store.depth();
    return { ...depth, results: depth.results + this.#open.message.count };
  }

  counts(): OutboxCounts {
    const { full, age, refused, corrupt } = this.#dropped;
    return {
      published: this.#sender.published,
      dropped: full + age + refused + corrupt,
      droppedBy: { ...this.#dropped },
    };
  }

  /** From now on no result waits for others to share its message. */
  hurry(): void {
    this.#flushWaitMs = 0;
    this.#flush();
  }

  /**
   * Stores and sends what there is, until all is acknowledged or the signal says stop; no longer than until all is stored
   * where the link is down. @returns what is left
   */
  async drain(signal: AbortSignal): Promise<OutboxRest> {
    this.hurry();
    const stop = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([stop, Promise.allSettled(this.#puts)]);
    const kept = new AbortController();
    const look = (): void => {
      if (this.#options.link.state !== 'connected' && this.#unstored === 0) kept.abort();
    };
    const unlisten = this.#options.link.onChange(look);
    look();
    await this.#sender.whenEmpty(AbortSignal.any([signal, kept.signal]));
    unlisten();
    const { messages, results } = this.#options.store.depth();
    return { unstored: this.#unstored, messages, results };
  }

  /** Sends nothing more and takes nothing more; the store is its owner's to close. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#sender.close();
  }

  #newMessage(): OpenMessage {
    const { source, messageBytes } = this.#options;
    let resolve: (stored: Promise<void>) => void = () => undefined;
    const stored = new Promise<void>((onResolve) => {
      resolve = onResolve;
    });
    stored.catch(() => undefined); // whoever appended looks at it
    return { message: new ResultMessage(source, messageBytes), stored, settle: { resolve } };
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { message, settle } = this.#open;
    if (message.count === 0) return;
    this.#open = this.#newMessage();
    const payload = message.seal(this.nextSeq('result'), this.#options.now());
    settle.resolve(this.#keep('result', payload, message.count));
  }

  async #keep(stream: KeptStream, payload: Uint8Array, itemCount: number): Promise<void> {
    const topic = telemetryTopic(this.#options.source.place, stream);
    const results = stream === 'result' ? itemCount : 0;
    this.#unstored += results;
    const put = this.#options.store.put({ stream, topic, payload, itemCount });
    this.#puts.add(put);
    try {
      await put;
      this.#unstored -= results;
    } finally {
      this.#puts.delete(put);
    }
    this.#sender.pump();
  }

  #drop(dropped: Dropped): void {
    this.#dropped[dropped.reason] += dropped.items;
    this.#options.onDropped(dropped);
  }
}

function closedError(): VergeError {
  return outboxErrors.make('OUTBOX_CLOSED', 'the outbox is closed and takes nothing more');
}
