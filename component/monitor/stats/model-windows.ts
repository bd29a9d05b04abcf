import type { Classification } from '../../classify/classification.ts';
import type { ModelReference } from '../../contract/parts.ts';
import type { StatsWindow } from './describe-stats.ts';
import { Tally, type Yardstick } from './tally.ts';

export interface ModelWindowsOptions {
  /** What is known of a model that serves; undefined once it doesn't. */
  readonly yardstick: (model: ModelReference) => Yardstick | undefined;
  readonly now: () => Date;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
}

interface Open {
  readonly model: ModelReference;
  readonly yardstick: Yardstick;
  readonly tally: Tally;
}

/** One open window for every model that has answered something in it. In memory only: a crash loses it. */
export class ModelWindows {
  readonly #options: ModelWindowsOptions;
  #open = new Map<string, Open>();
  #start: { readonly at: Date; readonly clock: number };

  constructor(options: ModelWindowsOptions) {
    this.#options = options;
    this.#start = { at: options.now(), clock: options.clock() };
  }

  /** A text was answered by a model, from its cache or not. The last word of one that was just replaced may be left out. */
  add(model: ModelReference, answer: Classification): void {
    const there = this.#open.get(model.digest);
    if (there) {
      there.tally.add(answer);
      return;
    }
    const yardstick = this.#options.yardstick(model);
    if (yardstick === undefined) return;
    const tally = new Tally(yardstick);
    tally.add(answer);
    this.#open.set(model.digest, { model, yardstick, tally });
  }

  /** Ends the windows and begins new ones; models without texts have none. */
  take(): StatsWindow[] {
    const { now, clock } = this.#options;
    const { at: start, clock: began } = this.#start;
    this.#start = { at: now(), clock: clock() };
    const seconds = (this.#start.clock - began) / 1000;
    const closed = [...this.#open.values()].map((open) => ({ ...open, start, seconds }));
    this.#open = new Map();
    return closed;
  }
}
