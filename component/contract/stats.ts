import * as z from 'zod';
import { LENGTH_BINS } from './bins.ts';
import {
  countSchema,
  durationMsSchema,
  instantSchema,
  labelSchema,
  messageHead,
  modelReferenceSchema,
  shareSchema,
} from './parts.ts';

/** A population stability index, and how much of it chance alone would make on average. */
const psiSchema = z.object({ value: z.number().min(0), chance: z.number().min(0) });

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
  /** Texts by token count, between the deciles of the bundle's baseline (`bins.ts`). */
  lengthCounts: z.array(countSchema).length(LENGTH_BINS).optional(),
  /** Answered from the cache; they count like all others. */
  cachedShare: shareSchema.optional(),
  /**
   * Accuracy without labels: mean calibrated confidence of the answers that were not rejected, with its standard error.
   * Holds as far as the calibration does; absent where scores are no probabilities of being right.
   */
  accuracyEstimate: z
    .object({ value: shareSchema, standardError: z.number().min(0), textCount: countSchema })
    .optional(),
  /** Against the bundle's baseline; absent until enough texts have come, which may take several windows. */
  psi: z
    .object({
      /** Texts that it was computed from. */
      textCount: countSchema,
      labels: psiSchema.optional(),
      confidence: psiSchema.optional(),
      length: psiSchema.optional(),
    })
    .optional(),
  /** What the model's challenger made of the same texts. */
  challenger: z
    .object({
      model: modelReferenceSchema,
      /** Texts that both answered. */
      textCount: countSchema,
      /** Share of them with the same label, rejection included; absent where there were none. */
      agreement: shareSchema.optional(),
      /** Its best score less the serving model's, on average. */
      meanScoreChange: z.number().optional(),
      meanInferenceMs: z.object({ serving: durationMsSchema, challenger: durationMsSchema }).optional(),
      failed: countSchema,
      /** Not looked at, since it fell behind. */
      skipped: countSchema,
    })
    .optional(),
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
  lengthCounts: [130, 118, 125, 121, 117, 120, 116, 122, 119, 116],
  cachedShare: 0.41,
  accuracyEstimate: { value: 0.962, standardError: 0.003, textCount: 1167 },
  psi: {
    textCount: 1204,
    labels: { value: 0.061, chance: 0.048 },
    confidence: { value: 0.012, chance: 0.009 },
    length: { value: 0.004, chance: 0.027 },
  },
  challenger: {
    model: { name: 'intents-mini', version: '1.3.0', digest: '3c'.repeat(32) },
    textCount: 71,
    agreement: 0.986,
    meanScoreChange: 0.004,
    meanInferenceMs: { serving: 0.71, challenger: 0.74 },
    failed: 0,
    skipped: 0,
  },
};
