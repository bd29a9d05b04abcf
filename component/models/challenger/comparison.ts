import type { Classification } from '../../classify/classification.ts';
import type { ModelReference } from '../../contract/parts.ts';

/** How a challenger's answers compare with the answers that were sent, over one window. */
export interface ComparisonSummary {
  readonly model: ModelReference;
  /** Texts that both answered. */
  readonly textCount: number;
  /** Share of them with the same label, rejection included. */
  readonly agreement: number;
  /** The challenger's best score less the serving model's, on average. */
  readonly meanScoreChange: number;
  /** Inference alone, since the challenger waits behind whatever is more urgent. */
  readonly meanInferenceMs: { readonly serving: number; readonly challenger: number };
  /** Texts that the challenger failed on, or had no time for. */
  readonly failed: number;
  readonly skipped: number;
}

/** Adds up one window of comparisons of one challenger. */
export class Comparison {
  readonly #model: ModelReference;
  #textCount = 0;
  #agreed = 0;
  #scoreChange = 0;
  #servingMs = 0;
  #challengerMs = 0;
  #failed = 0;
  #skipped = 0;

  constructor(model: ModelReference) {
    this.#model = model;
  }

  add(serving: Classification, challenger: Classification): void {
    this.#textCount++;
    if (serving.label === challenger.label) this.#agreed++;
    this.#scoreChange += bestScore(challenger) - bestScore(serving);
    this.#servingMs += serving.inferenceMs;
    this.#challengerMs += challenger.inferenceMs;
  }

  failed(): void {
    this.#failed++;
  }

  skipped(): void {
    this.#skipped++;
  }

  summary(): ComparisonSummary {
    const mean = (sum: number): number => (this.#textCount === 0 ? 0 : sum / this.#textCount);
    return {
      model: this.#model,
      textCount: this.#textCount,
      agreement: this.#textCount === 0 ? 1 : this.#agreed / this.#textCount,
      meanScoreChange: mean(this.#scoreChange),
      meanInferenceMs: { serving: mean(this.#servingMs), challenger: mean(this.#challengerMs) },
      failed: this.#failed,
      skipped: this.#skipped,
    };
  }
}

function bestScore({ rejected, score }: Classification): number {
  return rejected?.bestScore ?? score;
}
