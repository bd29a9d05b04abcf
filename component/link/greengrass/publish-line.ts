import { VergeError } from '../../contract/error.ts';
import { backoffDelayMs } from '../backoff.ts';
import { linkErrors } from '../errors.ts';

export interface Waiting {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
}

export interface PublishLineOptions {
  /** Hands one message to the nucleus. @throws VergeError; or 'busy' where the nucleus takes nothing now */
  readonly send: (message: Waiting) => Promise<'taken' | 'busy'>;
  /** The nucleus has taken nothing for a while: the broker is away; and it takes messages again. */
  readonly onBlocked: () => void;
  readonly onFree: () => void;
  readonly random: () => number;
  /**
   * What the nucleus may hold without the broker's acknowledgement, and forgets when its connection breaks; absent: it
   * forgets nothing.
   */
  readonly forgets?: { readonly messages: number; readonly bytes: number } | undefined;
  /** What is sent in place of a payload that is sent once more. */
  readonly replayOf?: ((payload: Uint8Array) => Uint8Array) | undefined;
}

/** The first try again after a refusal: about a round trip to the cloud, in which acknowledgements make room. */
const FIRST_RETRY_MS = 50;
/** A burst is taken within this; longer means that the broker is away (fact L5). */
const BLOCKED_AFTER_MS = 2000;
/** While it is away, this often at least: asking the local daemon costs nothing. */
const MAX_RETRY_MS = 5000;

/** A nucleus that took less than it holds within this time, and refuses more, has lost the broker; or others press it too. */
const ACKNOWLEDGED_WITHIN_MS = 5000;
/** Sent once more no more often, so that other components that press the nucleus cost ten copies a while. */
const AGAIN_AFTER_MS = 10_000;

/** Topic and header of a packet, at most: a topic has up to 256 bytes (fact G8). */
const PACKET_BYTES = 300;

/** A message that the nucleus took. */
interface Taken extends Waiting {
  readonly takenAt: number;
}

interface Entry extends Waiting {
  /** Where it is sent once more: as it was taken the first time. */
  readonly again?: Taken;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Messages on their way to the nucleus, one after the other. Lite refuses what goes beyond ten unacknowledged publishes or
 * 15,000 bytes (fact L5), and the Java nucleus what its spool cannot hold (fact G8), so a refused message is tried again in
 * its place. One at a time costs little, since the nucleus answers before the broker does. What a nucleus took last and
 * may have forgotten is sent once more, and the consumer drops the copies: after the broker was away, after the connection
 * to the nucleus broke, and after a refusal that what we sent does not explain.
 */
export class PublishLine {
  readonly #options: PublishLineOptions;
  readonly #entries: Entry[] = [];
  /** Taken last, the oldest first; no more than the nucleus may forget. */
  readonly #recent: Taken[] = [];
  /** The nucleus may have forgotten what it took last. */
  #mayHaveForgotten = false;
  #sentAgainAt = Number.NEGATIVE_INFINITY;
  #sending = false;
  #retry: NodeJS.Timeout | undefined;
  #refusedSince: number | undefined;
  #attempt = 0;
  /** While blocked: the message that is tried again and again; its sender was told that the link is down. */
  #probe: Entry | undefined;

  constructor(options: PublishLineOptions) {
    this.#options = options;
  }

  /** Resolves when the nucleus has taken it. @throws VergeError LINK_DOWN, LINK_PUBLISH_REFUSED */
  add(message: Waiting): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ ...message, resolve, reject });
      void this.#pump();
    });
  }

  /** The connection is gone: everything that waits fails. */
  reset(error: unknown): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#refusedSince = undefined;
    this.#attempt = 0;
    this.#probe = undefined;
    this.#mayHaveForgotten = true; // a nucleus that was started anew has
    this.#failAll(error);
  }

  async #pump(): Promise<void> {
    if (this.#sending || this.#retry !== undefined) return;
    this.#sending = true;
    for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
      const outcome = await this.#options.send(entry).catch((error: unknown) => error);
      if (outcome === 'busy') {
        this.#refused(entry);
        break;
      }
      this.#settle(entry, outcome);
    }
    this.#sending = false;
  }

  #next(): Entry | undefined {
    return this.#probe ?? this.#entries[0];
  }

  #settle(entry: Entry, outcome: unknown): void {
    const wasBlocked = this.#probe !== undefined;
    this.#probe = undefined;
    if (this.#entries[0] === entry) this.#entries.shift();
    if (outcome === 'taken') entry.resolve();
    else entry.reject(outcome);
    if (outcome instanceof VergeError && outcome.code === 'LINK_DOWN') this.#keepAgain([entry]);
    this.#refusedSince = undefined;
    this.#attempt = 0;
    if ((wasBlocked || this.#mayHaveForgotten) && outcome === 'taken') this.#sendAgain();
    if (outcome === 'taken') this.#remember(entry);
    if (wasBlocked && !(outcome instanceof VergeError && outcome.code === 'LINK_DOWN')) this.#options.onFree();
  }

  #sendAgain(): void {
    const { replayOf = (payload) => payload } = this.#options;
    const nobody = { resolve: () => undefined, reject: () => undefined }; // their senders had their answers long ago
    const recent = this.#recent.splice(0);
    this.#mayHaveForgotten = false;
    this.#sentAgainAt = performance.now();
    this.#entries.unshift(
      ...recent.map((again) => ({
        topic: again.topic,
        payload: replayOf(again.payload),
        qos: again.qos,
        again,
        ...nobody,
      })),
    );
  }

  #failAll(error: unknown): void {
    const failed = this.#entries.splice(0);
    for (const { reject } of failed) reject(error);
    this.#keepAgain(failed);
  }

  /** What could not be sent once more has no sender who would try again: it is kept for the next time. */
  #keepAgain(failed: readonly Entry[]): void {
    const kept = failed.flatMap(({ again }) => again ?? []);
    if (kept.length === 0) return;
    this.#recent.unshift(...kept);
    this.#mayHaveForgotten = true;
    this.#trim();
  }

  #remember({ topic, payload, qos }: Waiting): void {
    if (this.#options.forgets === undefined || qos === 0) return;
    this.#recent.push({ topic, payload, qos, takenAt: performance.now() });
    this.#trim();
  }

  /** The nucleus holds no more than this, so it forgets no more. */
  #trim(): void {
    const { forgets } = this.#options;
    if (forgets === undefined) return;
    let bytes = this.#recent.reduce((sum, message) => sum + message.payload.length, 0);
    while (this.#recent.length > forgets.messages || bytes > forgets.bytes) {
      bytes -= this.#recent.shift()?.payload.length ?? 0;
    }
  }

  #refused(entry: Entry): void {
    const now = performance.now();
    if (this.#refusedSince === undefined && !this.#mayBeFull(entry, now)) this.#mayHaveForgotten = true;
    this.#refusedSince ??= now;
    if (this.#probe === undefined && now - this.#refusedSince >= BLOCKED_AFTER_MS) this.#block(entry);
    const delay = (backoffDelayMs(this.#attempt++, this.#options.random()) * FIRST_RETRY_MS) / 250;
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        void this.#pump();
      },
      Math.min(MAX_RETRY_MS, delay),
    );
  }

  /** Whether what was sent of late explains that the nucleus takes no more. */
  #mayBeFull({ payload }: Waiting, now: number): boolean {
    const { forgets } = this.#options;
    if (forgets === undefined || now - this.#sentAgainAt < AGAIN_AFTER_MS) return true;
    const late = this.#recent.filter(({ takenAt }) => now - takenAt < ACKNOWLEDGED_WITHIN_MS);
    const bytes = late.reduce((sum, message) => sum + message.payload.length + PACKET_BYTES, payload.length);
    return late.length >= forgets.messages || bytes > forgets.bytes - PACKET_BYTES;
  }

  #block(entry: Entry): void {
    this.#probe = entry;
    this.#options.onBlocked();
    const down = linkErrors.make('LINK_DOWN', 'the nucleus takes no messages now: the broker is away');
    this.#failAll(down);
  }
}
