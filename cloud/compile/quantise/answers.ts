import { planBatches } from '../../../component/classify/batch-plan.ts';
import type { Graph } from '../graph/graph.ts';
import { TEXTS_A_REPORT, withGraph } from './calibrate.ts';

/** Told of how many texts are done. */
export type AnswerProgress = (done: number, total: number) => void;

/**
 * Logits of every text, flat: one row, or one a token. A text that was run before on the same graph is not run again.
 *
 * @param encoded token ids with specials
 * @param known logits by position in `encoded`
 */
export async function answerAll(
  graph: Graph,
  encoded: readonly Int32Array[],
  known: ReadonlyMap<number, Float32Array>,
  progress: AnswerProgress,
): Promise<Float32Array[]> {
  const missing = [...encoded.keys()].filter((index) => !known.has(index));
  const found = missing.length === 0 ? known : await runAt(graph, encoded, missing, progress);
  return encoded.map((_, index) => known.get(index) ?? found.get(index) ?? new Float32Array());
}

/** Logits of the texts at `positions`, by position. */
export async function runAt(
  graph: Graph,
  encoded: readonly Int32Array[],
  positions: readonly number[],
  progress: AnswerProgress,
): Promise<Map<number, Float32Array>> {
  return withGraph(graph, async (runner) => {
    const found = new Map<number, Float32Array>();
    for (const position of positions) {
      if (found.size % TEXTS_A_REPORT === 0) progress(found.size, positions.length);
      const outputs = await runner.run(encoded[position] ?? new Int32Array());
      found.set(position, outputs.get('logits')?.data ?? new Float32Array());
    }
    return found;
  });
}

/** How a device gathers texts that wait together (fact R2): this many tokens with padding, out of this many texts. */
const BATCH_TOKENS = 256;
const WAITING_TEXTS = 256;

/**
 * Logits of every text as a busy device computes them: in batches of like length. An int8 activation's scale is one for
 * the whole batch, so a text's scores depend on its batch mates (fact R5), and more so the more a model's activations
 * differ from text to text.
 */
export async function answerBatched(
  graph: Graph,
  encoded: readonly Int32Array[],
  padTokenId: number,
  progress: AnswerProgress,
): Promise<Float32Array[]> {
  return withGraph(graph, async (runner) => {
    const found: Float32Array[] = [];
    for (let start = 0; start < encoded.length; start += WAITING_TEXTS) {
      const waiting = encoded.slice(start, start + WAITING_TEXTS);
      progress(start, encoded.length);
      for (const batch of planBatches(
        waiting.map((ids) => ids.length),
        BATCH_TOKENS,
      )) {
        const texts = batch.map((index) => waiting[index] ?? new Int32Array());
        const logits = await runner.runBatch(texts, padTokenId);
        for (const [place, index] of batch.entries()) found[start + index] = logits[place] ?? new Float32Array();
      }
    }
    return found;
  });
}

/**
 * Rows of one text's logits. Of a token task those of tokens that stand for text: no answer reads what is said of
 * special tokens.
 *
 * @param offsets start and end of token i at [2i] and [2i+1]; undefined for a text task
 */
export function rowsOf(logits: Float32Array, labelCount: number, offsets: Int32Array | undefined): Float32Array[] {
  const rows: Float32Array[] = [];
  for (let row = 0; (row + 1) * labelCount <= logits.length; row++) {
    if (offsets && offsets[2 * row] === offsets[2 * row + 1]) continue;
    rows.push(logits.subarray(row * labelCount, (row + 1) * labelCount));
  }
  return rows;
}

/** Positions of at most `count` of `total` things, evenly spread over them. */
export function spread(total: number, count: number): number[] {
  if (total <= count) return Array.from({ length: total }, (_, index) => index);
  return Array.from({ length: count }, (_, index) => Math.floor((index * total) / count));
}

/** Mean squared difference of two lists of logits. */
export function meanSquaredError(found: readonly Float32Array[], wanted: readonly Float32Array[]): number {
  let squares = 0;
  let count = 0;
  for (const [index, logits] of found.entries()) {
    for (const [column, value] of logits.entries()) {
      squares += (value - (wanted[index]?.[column] ?? 0)) ** 2;
      count++;
    }
  }
  return count === 0 ? 0 : squares / count;
}
