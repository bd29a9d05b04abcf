import * as z from 'zod';
import { countSchema, instantSchema, labelSchema, messageHead, modelReferenceSchema, shareSchema } from './parts.ts';

/** `data` of `dev.verge.stats.v1`: what one model saw in one window of time, to be held against the bundle's baseline. */
export const statsDataSchema = z.object({
  ...messageHead,
  model: modelReferenceSchema,
  windowStart: instantSchema,
  windowSeconds: z.number().min(1),
  textCount: countSchema,
  /** The most frequent labels; those left out make up the rest. */
  labelCounts: z.array(z.object({ label: labelSchema, count: countSchema })).max(200),
  /** Best scores in ten equal bins from 0 to 1. */
  confidenceCounts: z.array(countSchema).length(10),
  meanTokenCount: z.number().min(0),
  unknownTokenRate: shareSchema,
  truncationRate: shareSchema,
  rejectionRate: shareSchema,
});
export type StatsData = z.infer<typeof statsDataSchema>;

export const statsDataExample: StatsData = {
  schemaVersion: 1,
  boot: 'mfq2k0a1x7c9',
  seq: 7,
  model: { name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) },
  windowStart: '2026-05-04T09:20:00.000Z',
  windowSeconds: 300,
  textCount: 1204,
  labelCounts: [
    { label: 'alarm', count: 402 },
    { label: 'weather', count: 311 },
  ],
  confidenceCounts: [0, 1, 4, 9, 15, 25, 60, 120, 270, 700],
  meanTokenCount: 10.4,
  unknownTokenRate: 0.002,
  truncationRate: 0,
  rejectionRate: 0.031,
};
