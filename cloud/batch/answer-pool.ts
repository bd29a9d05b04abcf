import type { Classification, Classifier } from '../../component/classify/classification.ts';
import { VergeError } from '../../component/contract/error.ts';
import type { Chunk, Position, Row } from '../dataset/rows/row.ts';
import { batchErrors } from './errors.ts';

/** Rows with their answers, in the order of the file. */
export interface AnsweredChunk {
  readonly rows: readonly Row[];
  readonly answers: readonly Classification[];
  readonly next: Position;
}

export interface AnswerOptions {
  /** One for each core; a chunk goes to the one with the least to do. */
  readonly engines: readonly Classifier[];
  readonly file: string;
  readonly signal: AbortSignal;
  /** Where the chunks begin. */
  readonly from: Position;
}

/** Chunks that are under way at once, for each engine: while one is answered, the next is read. */
const CHUNKS_AHEAD = 2;

/**
 * Answers chunks on all engines at once and hands them over in order. It reads on only as it is asked, so no more than a
 * few chunks are in memory.
 * @throws VergeError BATCH_TEXT_REFUSED with the row; ENGINE_…; the signal's reason when aborted
 */
export async function* answerChunks(
  chunks: AsyncIterable<Chunk>,
  { engines, file, signal, from }: AnswerOptions,
): AsyncGenerator<AnsweredChunk, void> {
  const underWay: Promise<AnsweredChunk>[] = [];
  let row = from.rows;
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      const answered = answerOne(leastBusy(engines), chunk, file, row, signal);
      answered.catch(() => undefined); // thrown where it is awaited
      underWay.push(answered);
      row += chunk.rows.length;
      if (underWay.length >= engines.length * CHUNKS_AHEAD) yield await takeFirst(underWay);
    }
    while (underWay.length > 0) yield await takeFirst(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
}

function takeFirst(underWay: Promise<AnsweredChunk>[]): Promise<AnsweredChunk> {
  const first = underWay.shift();
  if (first === undefined) throw new Error('nothing is under way');
  return first;
}

function leastBusy(engines: readonly Classifier[]): Classifier {
  const [first, ...others] = engines;
  if (first === undefined) throw new Error('a batch job has at least one engine');
  return others.reduce((best, engine) => (engine.stats().pending < best.stats().pending ? engine : best), first);
}

async function answerOne(
  engine: Classifier,
  { rows, next }: Chunk,
  file: string,
  firstRow: number,
  signal: AbortSignal,
): Promise<AnsweredChunk> {
  const answers = await Promise.all(
    rows.map(({ text }, index) =>
      engine.classify(text, { signal }).catch((error: unknown) => {
        if (!(error instanceof VergeError) || error.fault !== 'user') throw error;
        const what = `${file}: row ${firstRow + index + 1}: ${error.what}`;
        throw batchErrors.make('BATCH_TEXT_REFUSED', what, error);
      }),
    ),
  );
  return { rows, answers, next };
}
