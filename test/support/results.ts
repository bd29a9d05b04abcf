import fc from 'fast-check';
import type { ModelReference } from '../../component/contract/parts.ts';
import type { PendingResult } from '../../component/outbox/pending-result.ts';

export const MODEL: ModelReference = { name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) };

/** An answer with everything that an answer must have. */
export function answered(requestId: string, more: object = {}): PendingResult {
  return {
    requestId,
    model: MODEL,
    label: 'alarm',
    score: 0.97,
    runnersUp: [{ label: 'timer', score: 0.01 }],
    latencyMs: { queue: 0.3, inference: 0.7 },
    tokenCount: 8,
    truncated: false,
    cached: false,
    observedAt: '2026-05-04T09:21:07.125Z',
    ...more,
  };
}

const scored = fc.record({
  label: fc.string({ unit: 'grapheme', maxLength: 40 }),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
});

/** Any result at all: of several models, with hostile texts, small and huge. */
export const anyResult: fc.Arbitrary<PendingResult> = fc.oneof(
  fc.record({
    requestId: fc.string({ unit: 'binary', minLength: 1, maxLength: 128 }).filter((id) => id.length <= 128),
    error: fc.record({ code: fc.constant('ENGINE_QUEUE_FULL'), message: fc.string({ maxLength: 2000 }) }),
    observedAt: fc.constant('2026-05-04T09:21:07.125Z'),
  }),
  fc
    .record({
      requestId: fc.string({ unit: 'binary', minLength: 1, maxLength: 128 }).filter((id) => id.length <= 128),
      digest: fc.constantFrom('a', 'b', 'c'),
      runnersUp: fc.array(scored, { maxLength: 5 }),
      labels: fc.option(fc.array(scored, { maxLength: 60 }), { nil: undefined, freq: 4 }),
      text: fc.option(fc.string({ unit: 'binary', maxLength: 4000 }), { nil: undefined }),
    })
    .map(({ requestId, digest, runnersUp, labels, text }) =>
      answered(requestId, {
        model: { ...MODEL, digest: digest.repeat(64) },
        runnersUp,
        ...(labels === undefined ? {} : { labels }),
        ...(text === undefined ? {} : { text }),
      }),
    ),
);
