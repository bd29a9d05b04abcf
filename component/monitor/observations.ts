import type { Classification } from '../classify/classification.ts';
import { LatencyWindow } from './latency-window.ts';

/** What became of texts since the start of the runtime. */
export interface AnswerCounts {
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
  readonly cacheHits: number;
  readonly truncated: number;
}

/** Enough for a p99 that isn't one text's whim. */
const WINDOW_ANSWERS = 1024;

/** Counts what the sources hand on; health messages are made of it. */
export class Observations {
  readonly #window = new LatencyWindow(WINDOW_ANSWERS);
  #counts = { answered: 0, failed: 0, refused: 0, cacheHits: 0, truncated: 0 };

  /** @param latencyMs from acceptance to answer */
  answered({ cached, truncated }: Classification, latencyMs: number): void {
    this.#counts.answered++;
    if (cached) this.#counts.cacheHits++;
    if (truncated) this.#counts.truncated++;
    this.#window.add(latencyMs);
  }

  /** A text was accepted, and could not be answered. */
  failed(): void {
    this.#counts.failed++;
  }

  /** A text or a whole request was not accepted. */
  refused(): void {
    this.#counts.refused++;
  }

  counts(): AnswerCounts {
    return { ...this.#counts };
  }

  latency(): ReturnType<LatencyWindow['summary']> {
    return this.#window.summary();
  }
}
