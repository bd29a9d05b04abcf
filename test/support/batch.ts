import type { RowReader } from '../../cloud/dataset/rows/row.ts';
import type { Classification, Classifier } from '../../component/classify/classification.ts';

/** An engine that answers at once with the text's length, and remembers what it was asked. */
export function lengthClassifier(): Classifier & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async classify(text, { signal } = {}) {
      signal?.throwIfAborted();
      asked.push(text);
      return lengthAnswer(text);
    },
    stats: () => ({ pending: 0, answered: asked.length, failed: 0, refused: 0, cacheHits: 0 }),
    close: async () => {},
  };
}

function lengthAnswer(text: string): Classification {
  const counts = { tokenCount: 1, truncated: false, unknownCount: 0, queueMs: 0, inferenceMs: 0, cached: false };
  return { label: `length ${text.length}`, labelIndex: 0, score: 0.5, runnersUp: [], ...counts };
}

/** All rows of a reader from a position on. */
export async function rowsOf(reader: RowReader, from?: Parameters<RowReader['read']>[0]) {
  const rows = [];
  for await (const chunk of reader.read(from)) rows.push(...chunk.rows);
  return rows;
}
