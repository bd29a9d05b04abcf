import type { FromWorker, TextsMessage } from './messages.ts';

/** Where a model runs: on a thread of its own, or on the caller's. */
export interface Lane {
  /** Whom to tell of answers, and of the lane's own end where nobody asked for it; once, before the first text. */
  listen(receive: (message: FromWorker) => void, fail: (what: string, cause?: unknown) => void): void;
  send(message: TextsMessage): void;
  /** Frees the model. Nothing waits any more when it is called. */
  close(): Promise<void>;
}
