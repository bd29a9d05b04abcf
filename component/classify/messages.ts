import type { AnswerRules, Classification } from './classification.ts';

/** How a model is loaded and its texts are answered. */
export interface WorkerSettings {
  readonly modelPath: string;
  readonly tokenizerPath: string;
  readonly rules: AnswerRules;
  readonly maxLength: number;
  readonly padTokenId: number;
  readonly threads: number;
  readonly cacheEntries: number;
  readonly maxBatchTokens: number;
  /** False: no text ever shares a batch with another, so its scores depend on it alone (fact R5). */
  readonly mixTexts: boolean;
  readonly topK: number;
}

/** What the worker is born with. */
export interface WorkerBirth {
  readonly settings: WorkerSettings;
  /** One int32 that counts the messages sent to the worker: where it waits while it has nothing to do. */
  readonly bell: SharedArrayBuffer;
}

/** Texts that became due in one turn of the event loop; `ids[i]` names `texts[i]`. */
export interface TextsMessage {
  readonly kind: 'texts';
  readonly ids: readonly number[];
  readonly texts: readonly string[];
}

export type ToWorker = TextsMessage | { readonly kind: 'close' };

/** An answer less the time that it waited before its batch, which the engine knows. */
export type WorkerAnswer = Omit<Classification, 'queueMs'>;

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'load-failed'; readonly message: string }
  /** Everything that one batch, or one look into the cache, answered. */
  | { readonly kind: 'answers'; readonly ids: readonly number[]; readonly answers: readonly WorkerAnswer[] }
  | { readonly kind: 'run-failed'; readonly ids: readonly number[]; readonly message: string }
  | { readonly kind: 'closed' };
