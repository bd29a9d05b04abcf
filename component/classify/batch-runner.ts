import type { Encoding, EncodingWithOffsets, Tokenizer } from '../text/tokenizer.ts';
import { planBatches } from './batch-plan.ts';
import type { AnswerRules } from './classification.ts';
import { DuplicateCache, keyOf } from './duplicate-cache.ts';
import { mergeEntities } from './entities.ts';
import type { WorkerAnswer, WorkerSettings } from './messages.ts';
import { scoreRow } from './scores.ts';
import type { ModelSession } from './session.ts';

export type RunnerSettings = Pick<
  WorkerSettings,
  'rules' | 'maxLength' | 'cacheEntries' | 'maxBatchTokens' | 'mixTexts' | 'topK'
>;

/** Hands over what is answered, batch by batch; indices are into the texts that were given. */
export interface BatchSink {
  answered(indices: readonly number[], answers: readonly WorkerAnswer[]): void;
  failed(indices: readonly number[], message: string): void;
}

/** Texts to answers: tokenise, look for duplicates, plan batches, run, score. Knows nothing of threads. */
export class BatchRunner {
  readonly #tokenizer: Tokenizer;
  readonly #session: ModelSession;
  readonly #settings: RunnerSettings;
  readonly #cache: DuplicateCache<WorkerAnswer>;

  constructor(tokenizer: Tokenizer, session: ModelSession, settings: RunnerSettings) {
    this.#tokenizer = tokenizer;
    this.#session = session;
    this.#settings = settings;
    // Two texts of a token task can share their ids and differ in their offsets, so they are no duplicates.
    this.#cache = new DuplicateCache(settings.rules.task === 'text-classification' ? settings.cacheEntries : 0);
  }

  /** Blocks its thread until all texts are answered. */
  run(texts: readonly string[], sink: BatchSink): void {
    const encodings = texts.map((text) => this.#encode(text));
    const waiting = this.#takeCached(encodings, sink);
    const lengths = waiting.map((index) => encodings[index]?.ids.length ?? 0);
    const { mixTexts, maxBatchTokens } = this.#settings;
    for (const batch of planBatches(lengths, mixTexts ? maxBatchTokens : 0)) {
      const indices = batch.map((position) => waiting[position] ?? 0);
      try {
        sink.answered(indices, this.#runBatch(indices.flatMap((index) => encodings[index] ?? [])));
      } catch (error) {
        sink.failed(indices, error instanceof Error ? error.message : String(error));
      }
    }
  }

  #encode(text: string): Encoding {
    const { maxLength, rules } = this.#settings;
    return rules.task === 'token-classification'
      ? this.#tokenizer.encodeWithOffsets(text, maxLength)
      : this.#tokenizer.encode(text, maxLength);
  }

  /** Answers what the cache knows; returns the indices of the rest. */
  #takeCached(encodings: readonly Encoding[], sink: BatchSink): number[] {
    if (this.#settings.cacheEntries === 0) return [...encodings.keys()];
    const waiting: number[] = [];
    const known: number[] = [];
    const answers: WorkerAnswer[] = [];
    for (const [index, { ids, truncated }] of encodings.entries()) {
      const found = this.#cache.get(keyOf(ids));
      if (found === undefined) {
        waiting.push(index);
      } else {
        known.push(index);
        answers.push({ ...found, truncated, inferenceMs: 0, cached: true });
      }
    }
    if (known.length > 0) sink.answered(known, answers);
    return waiting;
  }

  #runBatch(encodings: readonly Encoding[]): WorkerAnswer[] {
    const started = performance.now();
    const { data, dims } = this.#session.run(encodings.map(({ ids }) => ids));
    const inferenceMs = performance.now() - started;
    const rowLength = data.length / encodings.length;
    return encodings.map((encoding, row) => {
      const logits = data.subarray(row * rowLength, (row + 1) * rowLength);
      const { rules, topK } = this.#settings;
      const answer: WorkerAnswer = {
        ...(dims.length === 3 ? tokenAnswer(logits, encoding, rules) : scoreRow(logits, rules, topK)),
        tokenCount: encoding.ids.length,
        truncated: encoding.truncated,
        unknownCount: encoding.unknownCount,
        inferenceMs,
        cached: false,
      };
      if (this.#settings.cacheEntries > 0) this.#cache.set(keyOf(encoding.ids), answer);
      return answer;
    });
  }
}

function tokenAnswer(
  logits: Float32Array,
  encoding: Encoding,
  rules: AnswerRules,
): Pick<WorkerAnswer, 'label' | 'labelIndex' | 'score' | 'runnersUp' | 'entities'> {
  const { offsets } = encoding as EncodingWithOffsets; // `#encode` asks for them on token tasks
  const entities = mergeEntities(
    logits.subarray(0, (offsets.length / 2) * rules.labels.length),
    offsets,
    rules.labels,
    rules.temperature,
  );
  const best = entities.reduce<{ label: string; score: number } | undefined>(
    (most, entity) => (most === undefined || entity.score > most.score ? entity : most),
    undefined,
  );
  return { label: best?.label ?? '', labelIndex: -1, score: best?.score ?? 0, runnersUp: [], entities };
}
