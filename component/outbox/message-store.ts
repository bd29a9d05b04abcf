import type { TelemetryStream } from '../contract/topics.ts';

/** A message on its way out. */
export interface StoredMessage {
  readonly stream: TelemetryStream;
  readonly topic: string;
  readonly payload: Uint8Array;
  /** How many results or other items go with it. */
  readonly itemCount: number;
}

/** What was thrown away to stay within the bound. */
export interface Dropped {
  readonly messages: number;
  readonly items: number;
}

/** Where messages are kept until the link has them acknowledged. In memory for now; on disk behind the same port. */
export interface MessageStore {
  /**
   * Resolves when the message is as safe as this store makes it, with what had to be dropped for it. Messages that
   * `isUnderWay` names are never dropped, since they may be arriving.
   */
  put(message: StoredMessage, isUnderWay: (message: StoredMessage) => boolean): Promise<Dropped>;
  /** The oldest message that is kept and that `skip` doesn't name. */
  next(skip: (message: StoredMessage) => boolean): StoredMessage | undefined;
  /** Forgets a message that was acknowledged. */
  remove(message: StoredMessage): void;
  depth(): { readonly messages: number; readonly bytes: number; readonly items: number };
}
