import * as z from 'zod';
import { countSchema, durationMsSchema, instantSchema, messageHead, modelReferenceSchema } from './parts.ts';

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
  latencyMs: z
    .object({ count: countSchema, p50: durationMsSchema, p90: durationMsSchema, p99: durationMsSchema })
    .optional(),
  rssBytes: countSchema.optional(),
  /** Processor time over wall time since the health message before; above 1 with several threads. */
  cpuShare: z.number().min(0).optional(),
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
};
