import * as z from 'zod';
import {
  durationMsSchema,
  errorCodeSchema,
  instantSchema,
  labelSchema,
  MAX_RESULTS_PER_MESSAGE,
  messageHead,
  messageTextSchema,
  modelReferenceSchema,
  requestIdSchema,
  scoredLabelSchema,
} from './parts.ts';

const runtimeVersionSchema = z.string().min(1).max(64);

/** A text that was answered. */
export const answeredResultSchema = z.object({
  /** The id that the sender gave the text. */
  requestId: requestIdSchema,
  /** Index into the message's `models`. */
  model: z.number().int().min(0).max(255),
  /** The best label, or the reject label where `rejected` is there; '' for a token model that found nothing. */
  label: labelSchema,
  score: z.number(),
  /** There where the best score was below the rejection threshold: the model's own best guess. */
  rejected: z.object({ bestLabel: labelSchema, bestScore: z.number() }).optional(),
  /** The next best labels, the best first. */
  runnersUp: z.array(scoredLabelSchema).max(100),
  /** Multi-label models: every label with a probability of at least one half. */
  labels: z.array(scoredLabelSchema).max(10_000).optional(),
  /** Token models: the stretches that carry a label, in UTF-16 units of the text. */
  entities: z
    .array(scoredLabelSchema.extend({ start: z.number().int().min(0), end: z.number().int().min(0) }))
    .max(10_000)
    .optional(),
  /** Waiting before its batch, and the run of its batch. */
  latencyMs: z.object({ queue: durationMsSchema, inference: durationMsSchema }),
  /** Tokens with specials that the model saw. */
  tokenCount: z.number().int().min(0),
  /** True where the text was longer than the model reads. */
  truncated: z.boolean(),
  /** True where an exact duplicate had been answered before. */
  cached: z.boolean(),
  /** True where runners-up, labels, entities or the text were left out, so that the result fits into a message. */
  trimmed: z.boolean().optional(),
  /** When the device took the text. */
  observedAt: instantSchema,
  /** Only where the operator opted in. */
  text: z.string().optional(),
});

/** A text that could not be answered: every accepted text has a result, and this is what it looks like when it failed. */
export const failedResultSchema = z.object({
  requestId: requestIdSchema,
  error: z.object({ code: errorCodeSchema, message: messageTextSchema }),
  observedAt: instantSchema,
});

export const resultSchema = z.union([failedResultSchema, answeredResultSchema]);

/**
 * `data` of `dev.verge.result.v1`: results that left the device together. A result is known by (thing, boot, seq, its
 * index here). Models stand once for the whole message because a digest is as long as a result (fact G8, metering).
 */
export const resultDataSchema = z
  .object({
    ...messageHead,
    runtimeVersion: runtimeVersionSchema,
    /** True where this message has been sent before and may have arrived. */
    replay: z.boolean(),
    models: z.array(modelReferenceSchema).max(256),
    results: z.array(resultSchema).min(1).max(MAX_RESULTS_PER_MESSAGE),
  })
  .refine(({ models, results }) => results.every((result) => !('model' in result) || result.model < models.length), {
    error: 'a result names a model that the message does not list',
    path: ['results'],
  });

export type AnsweredResult = z.infer<typeof answeredResultSchema>;
export type FailedResult = z.infer<typeof failedResultSchema>;
export type Result = z.infer<typeof resultSchema>;
export type ResultData = z.infer<typeof resultDataSchema>;

export const resultDataExample: ResultData = {
  schemaVersion: 1,
  boot: 'mfq2k0a1x7c9',
  seq: 42,
  runtimeVersion: '0.1.0',
  replay: false,
  models: [{ name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) }],
  results: [
    {
      requestId: 'call-7f3a',
      model: 0,
      label: 'alarm',
      score: 0.9731,
      runnersUp: [{ label: 'timer', score: 0.0112 }],
      latencyMs: { queue: 0.3, inference: 0.7 },
      tokenCount: 8,
      truncated: false,
      cached: false,
      observedAt: '2026-05-04T09:21:07.125Z',
    },
    {
      requestId: 'call-7f3b',
      model: 0,
      label: 'oos',
      score: 0.31,
      rejected: { bestLabel: 'weather', bestScore: 0.31 },
      runnersUp: [],
      latencyMs: { queue: 0.3, inference: 0.7 },
      tokenCount: 11,
      truncated: false,
      cached: false,
      observedAt: '2026-05-04T09:21:07.126Z',
    },
    {
      requestId: 'call-7f3c',
      error: { code: 'ENGINE_QUEUE_FULL', message: '256 texts are waiting, the most allowed.' },
      observedAt: '2026-05-04T09:21:07.126Z',
    },
  ],
};
