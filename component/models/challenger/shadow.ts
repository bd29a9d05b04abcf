import type { Classification } from '../../classify/classification.ts';
import type { LoadedModel } from '../load-model.ts';
import { Comparison, type ComparisonSummary } from './comparison.ts';

export interface ShadowOptions {
  /** The challenger of the model of that name, where there is one. */
  readonly challenger: (name: string) => LoadedModel | undefined;
  /** Share of the texts that it sees. */
  readonly share: () => number;
  readonly random: () => number;
  /** A challenger's worker broke. */
  readonly onLost: (challenger: LoadedModel) => Promise<void>;
}

/** A challenger that falls behind sees fewer texts; it never holds anything up. */
const MAX_PENDING = 64;

/** Shows a share of the texts to challengers, after their answers have gone out, and compares. */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #comparisons = new Map<string, { readonly digest: string; readonly comparison: Comparison }>();
  #pending = 0;

  constructor(options: ShadowOptions) {
    this.#options = options;
  }

  /** Offers a text that was answered. Returns at once. @param onCompared told the challenger's answer, where there comes one */
  show(
    name: string,
    text: string,
    serving: Classification,
    onCompared: (challenger: Classification) => void = () => undefined,
  ): void {
    const challenger = this.#options.challenger(name);
    if (challenger === undefined || serving.cached || this.#options.random() >= this.#options.share()) return;
    const comparison = this.#comparisonOf(name, challenger);
    if (this.#pending >= MAX_PENDING) {
      comparison.skipped();
      return;
    }
    this.#pending++;
    void challenger.classifier
      .classify(text)
      .then(
        (answer) => {
          comparison.add(serving, answer);
          onCompared(answer);
        },
        async (error: unknown) => {
          comparison.failed();
          if (isWorkerLost(error)) await this.#options.onLost(challenger);
        },
      )
      .catch(() => undefined) // it is told of where it is loaded, and the texts go on without it
      .finally(() => this.#pending--);
  }

  /** The window of a model's challenger, and a new one begins; undefined where there is none or it saw nothing. */
  take(name: string): ComparisonSummary | undefined {
    const summary = this.#comparisons.get(name)?.comparison.summary();
    this.#comparisons.delete(name);
    return summary;
  }

  #comparisonOf(name: string, { reference }: LoadedModel): Comparison {
    const there = this.#comparisons.get(name);
    if (there?.digest === reference.digest) return there.comparison;
    const comparison = new Comparison(reference);
    this.#comparisons.set(name, { digest: reference.digest, comparison });
    return comparison;
  }
}

function isWorkerLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENGINE_WORKER_FAILED';
}
