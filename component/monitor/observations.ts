import type { Classification } from '../classify/classification.ts';
import type { ModelReference } from '../contract/parts.ts';
import { type ErrorCount, ErrorKinds } from './error-kinds.ts';
import { LatencyWindow } from './latency-window.ts';
import { Throughput } from './throughput.ts';

/** What became of texts since the start of the runtime. */
export interface AnswerCounts {
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
  readonly cacheHits: number;
  readonly truncated: number;
}

export type Latency = NonNullable<ReturnType<LatencyWindow['summary']>>;

/** Enough for a p99 that isn't one text's whim. */
const WINDOW_ANSWERS = 1024;
/** Models come and go; those that serve are fewer. */
const MAX_MODELS = 64;

/** Counts what the sources hand on; health messages are made of it. */
export class Observations {
  readonly #all = new LatencyWindow(WINDOW_ANSWERS);
  readonly #byModel = new Map<string, LatencyWindow>();
  readonly #errors = new ErrorKinds();
  readonly #throughput: Throughput;
  #counts = { answered: 0, failed: 0, refused: 0, cacheHits: 0, truncated: 0 };

  /** @param clock milliseconds that only go forward */
  constructor(clock: () => number = () => performance.now()) {
    this.#throughput = new Throughput(clock);
  }

  /** @param latencyMs from acceptance to answer */
  answered({ name }: ModelReference, { cached, truncated }: Classification, latencyMs: number): void {
    this.#counts.answered++;
    if (cached) this.#counts.cacheHits++;
    if (truncated) this.#counts.truncated++;
    this.#all.add(latencyMs);
    this.#windowOf(name).add(latencyMs);
    this.#throughput.add();
  }

  /** A text was accepted, and could not be answered. */
  failed(code: string): void {
    this.#counts.failed++;
    this.#errors.add(code);
  }

  /** A text or a whole request was not accepted. */
  refused(code: string): void {
    this.#counts.refused++;
    this.#errors.add(code);
  }

  counts(): AnswerCounts {
    return { ...this.#counts };
  }

  errors(): ErrorCount[] {
    return this.#errors.counts();
  }

  /** Over the last answers, of all models or of one. */
  latency(model?: string): Latency | undefined {
    return (model === undefined ? this.#all : this.#byModel.get(model))?.summary();
  }

  textsPerSecond(): number {
    return this.#throughput.perSecond();
  }

  #windowOf(name: string): LatencyWindow {
    const there = this.#byModel.get(name);
    if (there) return there;
    const [oldest] = this.#byModel.keys();
    if (oldest !== undefined && this.#byModel.size >= MAX_MODELS) this.#byModel.delete(oldest);
    const window = new LatencyWindow(WINDOW_ANSWERS);
    this.#byModel.set(name, window);
    return window;
  }
}
