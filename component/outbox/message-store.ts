import type { VergeError } from '../contract/error.ts';
import type { TelemetryStream } from '../contract/topics.ts';

/** Streams that may wait here for the link; health is of the moment and is sent or not. */
export type KeptStream = Exclude<TelemetryStream, 'health'>;

/** The most urgent first: that is what is sent first, and what is dropped last. */
export const STREAMS_BY_URGENCY: readonly KeptStream[] = ['event', 'result', 'stats', 'sample'];

/** Why something was thrown away. `corrupt`: the disk gave back other bytes than it was given. */
export const DROP_REASONS = ['full', 'age', 'refused', 'corrupt'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** A message on its way out. */
export interface NewMessage {
  readonly stream: KeptStream;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** How many results or other items go with it. */
  readonly itemCount: number;
}

/** A message that was taken out to be sent. It stays in the store until `remove`. */
export interface TakenMessage extends NewMessage {
  /** True where it has been sent before, in this life or, for all that is known, in an earlier one. */
  readonly mayHaveArrived: boolean;
  /** How often the other side refused it. */
  readonly refusals: number;
}

/** What was thrown away. */
export interface Dropped {
  readonly stream: KeptStream;
  readonly reason: DropReason;
  readonly messages: number;
  /** Where a damaged disk doesn't say how many there were, at least so many. */
  readonly items: number;
}

/** What waits or is under way. */
export interface StoreDepth {
  readonly messages: number;
  readonly bytes: number;
  readonly results: number;
  /** How long ago the oldest came in; absent where there is none. */
  readonly oldestSeconds?: number;
}

export interface StoreEvents {
  dropped(drop: Dropped): void;
  /** The store can't keep what it is given, and tries again by itself. Told once for each stretch of trouble. */
  failing(error: VergeError): void;
  /** It can again. */
  restored(): void;
  /** Something can be taken that couldn't before, other than by a `put` that has resolved. */
  takeable(): void;
}

/** Where messages are kept until the link has them acknowledged. */
export interface MessageStore {
  /** Who hears of it, from now on and of what has gathered before. */
  listen(events: StoreEvents): void;
  /** Resolves when the message is as safe as this store makes it. @throws VergeError OUTBOX_… where it can't keep it now */
  put(message: NewMessage): Promise<void>;
  /** The oldest message of the most urgent stream that isn't taken. What is taken is never dropped, since it may be arriving. */
  take(): Promise<TakenMessage | undefined>;
  /** Forgets a taken message: it was acknowledged, or is given up. */
  remove(message: TakenMessage): void;
  /** Lets a taken message be taken again. */
  giveBack(message: TakenMessage, refused: boolean): void;
  depth(): StoreDepth;
  /** Tries whether a message could be kept now. @throws VergeError OUTBOX_… as `put` does */
  probe(): Promise<void>;
  /** Writes down what is still to be written down, and frees everything. Safe to call twice. */
  close(): Promise<void>;
}
