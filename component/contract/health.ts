import * as z from 'zod';
import { modelNameSchema } from './manifest.ts';
import {
  countSchema,
  durationMsSchema,
  errorCodeSchema,
  instantSchema,
  messageHead,
  modelReferenceSchema,
} from './parts.ts';

const quantiles = { count: countSchema, p50: durationMsSchema, p90: durationMsSchema, p99: durationMsSchema };

/** A hundred years: clocks that start in 1970 are within, and what is beyond was never anybody's time. */
export const MAX_CLOCK_OFFSET_MS = 100 * 365.25 * 24 * 3_600_000;

/** What a device says of itself. `lost` is never said by a device: the broker says it in its place (last will). */
export const healthStateSchema = z.enum(['starting', 'ready', 'draining', 'stopped', 'failed', 'lost']);

/** `data` of `dev.verge.health.v1`: at start, every `heartbeatSeconds`, and as a farewell (fact G4: fleet status is too slow for a gate). */
export const healthDataSchema = z.object({
  ...messageHead,
  state: healthStateSchema,
  runtimeVersion: z.string().min(1).max(64),
  startedAt: instantSchema,
  /** Silence for much longer than this means trouble. */
  heartbeatSeconds: z.number().min(1),
  models: z.array(modelReferenceSchema).max(256),
  /** All below are absent from the last will, which is written before anything has happened. */
  uptimeSeconds: z.number().min(0).optional(),
  queue: z.object({ pending: countSchema, limit: countSchema }).optional(),
  /** What waits for the link: results, with those that have no message yet, and messages of all streams. */
  outbox: z
    .object({
      results: countSchema,
      messages: countSchema,
      bytes: countSchema,
      /** How long the oldest has waited; absent where nothing does. */
      oldestSeconds: z.number().min(0).optional(),
    })
    .optional(),
  /** Since the start. */
  counts: z
    .object({
      answered: countSchema,
      failed: countSchema,
      refused: countSchema,
      cacheHits: countSchema,
      truncated: countSchema,
      published: countSchema,
      dropped: countSchema,
      /** Those dropped, by reason: the outbox was full, they were too old, the broker refused them, the disk damaged them. */
      droppedBy: z
        .object({ full: countSchema, age: countSchema, refused: countSchema, corrupt: countSchema })
        .partial()
        .optional(),
      reconnects: countSchema,
    })
    .optional(),
  /** Over the last answers, from acceptance to answer. */
  latencyMs: z.object(quantiles).optional(),
  rssBytes: countSchema.optional(),
  /** Processor time over wall time since the health message before; above 1 with several threads. */
  cpuShare: z.number().min(0).optional(),
  /** Texts answered in a second, over the last minute. */
  textsPerSecond: z.number().min(0).optional(),
  /** Models that are compared and do not answer. */
  challengers: z.array(modelReferenceSchema).max(256).optional(),
  /** As `latencyMs`, by the name of the model. */
  modelLatencies: z
    .array(z.object({ model: modelNameSchema, ...quantiles }))
    .max(256)
    .optional(),
  /** Texts and requests that got no answer since the start, by error code, the most frequent first; the kinds beyond a bound are gathered under OTHER. */
  errors: z
    .array(z.object({ code: errorCodeSchema, count: countSchema }))
    .max(64)
    .optional(),
  /** Texts for labelling since the start, where any are asked for: sent, and left out since a bound was reached, they are too long, were too slow to redact, or the outbox did not take them. */
  samples: z
    .object({
      captured: countSchema,
      dropped: z
        .object({
          rate: countSchema,
          bytes: countSchema,
          tooLong: countSchema,
          redaction: countSchema,
          failed: countSchema,
        })
        .partial(),
    })
    .optional(),
  /** Of those that matter to inference, what the processor has. */
  cpuFeatures: z.array(z.string().max(32)).max(16).optional(),
  /** What runs the component; `certain` where the environment leaves no doubt. */
  nucleus: z
    .object({ kind: z.string().max(16), version: z.string().max(64).optional(), certain: z.boolean() })
    .optional(),
  /** Earlier lives of this runtime in the same work folder. */
  restarts: countSchema.optional(),
  /** How the life before ended: `stopped` as asked, `failed` for a reason it knew, `died` without a word. */
  lastEnd: z.string().max(16).optional(),
  /**
   * How far the device's clock is ahead of those who send it commands and orders; negative: behind. The smallest of received
   * less sent over the last hour, of messages with a `sentAt`: so it holds the delivery of the fastest too, and the clock is
   * ahead by at most this much. It is as right as their senders' clocks are. Absent where none came with a `sentAt`, or none
   * since the clock was set; what was kept on its way (retained, brought again, of an earlier life) does not count.
   */
  clockOffsetMs: z.number().int().min(-MAX_CLOCK_OFFSET_MS).max(MAX_CLOCK_OFFSET_MS).optional(),
  /** True where parts were left out, so that the message stays within its bound. */
  trimmed: z.boolean().optional(),
});

export type HealthState = z.infer<typeof healthStateSchema>;
export type HealthData = z.infer<typeof healthDataSchema>;

export const healthDataExample: HealthData = {
  schemaVersion: 1,
  boot: 'mfq2k0a1x7c9',
  seq: 3,
  state: 'ready',
  runtimeVersion: '0.1.0',
  startedAt: '2026-05-04T09:00:00.000Z',
  heartbeatSeconds: 60,
  models: [{ name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) }],
  uptimeSeconds: 1267.1,
  queue: { pending: 0, limit: 1024 },
  outbox: { results: 43, messages: 2, bytes: 9870, oldestSeconds: 0.21 },
  counts: {
    answered: 20_412,
    failed: 0,
    refused: 12,
    cacheHits: 8311,
    truncated: 2,
    published: 911,
    dropped: 0,
    droppedBy: { full: 0, age: 0, refused: 0, corrupt: 0 },
    reconnects: 1,
  },
  latencyMs: { count: 1024, p50: 0.8, p90: 1.9, p99: 6.4 },
  rssBytes: 104_857_600,
  cpuShare: 0.04,
  textsPerSecond: 4.02,
  challengers: [{ name: 'intents-mini', version: '1.3.0', digest: '3c'.repeat(32) }],
  modelLatencies: [{ model: 'intents-mini', count: 1024, p50: 0.8, p90: 1.9, p99: 6.4 }],
  errors: [{ code: 'SOURCE_TEXT_INVALID', count: 12 }],
  samples: { captured: 12, dropped: { rate: 3, bytes: 0, tooLong: 0, redaction: 0, failed: 0 } },
  cpuFeatures: ['avx2', 'avx512_vnni'],
  nucleus: { kind: 'lite', version: '2.6.0', certain: true },
  restarts: 2,
  lastEnd: 'stopped',
  clockOffsetMs: 38,
};
