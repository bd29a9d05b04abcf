/** A label and the model's probability of it. */
export interface ScoredLabel {
  readonly label: string;
  readonly score: number;
}

/** A stretch of the text that a token model put a label on. */
export interface Entity extends ScoredLabel {
  /** UTF-16 units of the text: from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
}

/** The answer to one text. */
export interface Classification extends ScoredLabel {
  /**
   * Best label, or the reject label. Multi-label models: the best label, with all above one half in `labels`. Regression:
   * the one label, with the plain value as its score. Token models: the label of the best entity, or '' without one.
   */
  readonly label: string;
  /** Index of `label` in the manifest; −1 where there is none. */
  readonly labelIndex: number;
  /** The model's own best guess, where it was below the rejection threshold. */
  readonly rejected?: { readonly bestLabel: string; readonly bestScore: number };
  /** The next best labels, the best first; without `label`. */
  readonly runnersUp: readonly ScoredLabel[];
  /** Multi-label models only: every label with a probability of at least one half. */
  readonly labels?: readonly ScoredLabel[];
  /** Token models only, in the order of the text. */
  readonly entities?: readonly Entity[];
  /** Tokens with specials that the model saw. */
  readonly tokenCount: number;
  readonly truncated: boolean;
  /** How many of the tokens were unknown to the vocabulary. */
  readonly unknownCount: number;
  /** From acceptance to the start of its batch, and the run of its batch. */
  readonly queueMs: number;
  readonly inferenceMs: number;
  /** True where an exact duplicate had been answered before and nothing was run. */
  readonly cached: boolean;
}

/** What of a manifest the engine needs to make answers of logits. */
export interface AnswerRules {
  readonly task: 'text-classification' | 'token-classification';
  readonly problemType: 'single_label_classification' | 'multi_label_classification' | 'regression';
  readonly labels: readonly string[];
  readonly temperature: number;
  readonly rejection: { readonly label: string; readonly threshold: number } | undefined;
}

/** Counters since the engine was made. */
export interface ClassifierStats {
  /** Accepted and not yet answered. */
  readonly pending: number;
  readonly answered: number;
  readonly failed: number;
  /** Refused because the queue was full. */
  readonly refused: number;
  readonly cacheHits: number;
}

export interface ClassifyOptions {
  readonly signal?: AbortSignal;
}

/** What answers texts: the engine, or anything that stands in for it. */
export interface Classifier {
  /** @throws VergeError ENGINE_…; the signal's reason when aborted */
  classify(text: string, options?: ClassifyOptions): Promise<Classification>;
  stats(): ClassifierStats;
  /** Answers what was accepted, then frees everything. Safe to call twice. */
  close(): Promise<void>;
}
