import type { Entity } from './classification.ts';
import { largest, softmax } from './scores.ts';

/** Inside no entity, in the usual B-/I-/O scheme. */
const OUTSIDE = 'O';

/**
 * Merges token labels into entities: `B-` starts one, `I-` of the same kind goes on, and tokens without a prefix merge
 * with a neighbour of the same label. The score is the mean over the tokens.
 *
 * @param logits [tokens, labels], row by row
 * @param offsets start and end of token i at [2i] and [2i+1]; special tokens have 0, 0 and are passed over
 */
export function mergeEntities(
  logits: Float32Array,
  offsets: Int32Array,
  labels: readonly string[],
  temperature: number,
): Entity[] {
  const entities: Entity[] = [];
  let open: { kind: string; start: number; end: number; scores: number[] } | undefined;
  for (let token = 0; token * 2 < offsets.length; token++) {
    const start = offsets[token * 2] ?? 0;
    const end = offsets[token * 2 + 1] ?? 0;
    if (start === end) continue;
    const scores = softmax(logits.subarray(token * labels.length, (token + 1) * labels.length), temperature);
    const [best = 0] = largest(scores, 1);
    const label = labels[best] ?? '';
    const { prefix, kind } = parseLabel(label);
    if (open && (label === OUTSIDE || prefix === 'B' || kind !== open.kind)) close();
    if (label === OUTSIDE) continue;
    open ??= { kind, start, end, scores: [] };
    open.end = end;
    open.scores.push(scores[best] ?? 0);
  }
  close();
  return entities;

  function close(): void {
    if (!open) return;
    const { kind, start, end, scores } = open;
    entities.push({ label: kind, start, end, score: scores.reduce((sum, score) => sum + score, 0) / scores.length });
    open = undefined;
  }
}

function parseLabel(label: string): { prefix: 'B' | 'I' | undefined; kind: string } {
  if (label.startsWith('B-')) return { prefix: 'B', kind: label.slice(2) };
  if (label.startsWith('I-')) return { prefix: 'I', kind: label.slice(2) };
  return { prefix: undefined, kind: label };
}
