import type { RolloutView } from '../wire/frame.ts';

/** Where the state of rollouts is read from. */
export interface RolloutFeed {
  /** Where it looks, in words. */
  readonly words: string;
  /** Every rollout as it is now, the newest first. Answers the same array where nothing has changed since the call before. */
  read(signal: AbortSignal): Promise<readonly RolloutView[]>;
}
