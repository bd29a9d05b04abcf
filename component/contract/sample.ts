import * as z from 'zod';
import { instantSchema, labelSchema, messageHead, modelReferenceSchema, requestIdSchema } from './parts.ts';

/** `data` of `dev.verge.sample.v1`: a text that left the device for labelling, because the operator asked for such texts. */
export const sampleDataSchema = z.object({
  ...messageHead,
  model: modelReferenceSchema,
  requestId: requestIdSchema,
  observedAt: instantSchema,
  text: z.string().max(8192),
  label: labelSchema,
  score: z.number(),
  /** Why this one: unsure, drawn by lot, or answered otherwise by the challenger. */
  reason: z.enum(['low-confidence', 'sampled', 'disagreement']),
});
export type SampleData = z.infer<typeof sampleDataSchema>;

export const sampleDataExample: SampleData = {
  schemaVersion: 1,
  boot: 'mfq2k0a1x7c9',
  seq: 1,
  model: { name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) },
  requestId: 'call-7f3b',
  observedAt: '2026-05-04T09:21:07.126Z',
  text: 'will it be like yesterday',
  label: 'oos',
  score: 0.31,
  reason: 'low-confidence',
};
