import * as z from 'zod';
import { durationSchema } from './duration.ts';

/**
 * What can be gated. Of the devices' states: `healthy-share`, `failed-devices`, `silent-devices` (silent and offline).
 * Of heartbeats: `error-rate`, `latency-p90` (ms), `restarts` (per device). Of statistics: `confidence` (mean best score),
 * `drift` (largest stability index less chance), `agreement` (of a challenger with the version that serves).
 */
export const METRICS = [
  'healthy-share',
  'failed-devices',
  'silent-devices',
  'error-rate',
  'latency-p90',
  'restarts',
  'confidence',
  'drift',
  'agreement',
] as const;
export type MetricName = (typeof METRICS)[number];

/** Any number of the heartbeat, by its path: `health:outbox.bytes`. */
const HEALTH_PATH = /^health:[a-zA-Z][a-zA-Z0-9]{0,63}(\.[a-zA-Z][a-zA-Z0-9]{0,63}){0,4}$/;

export const metricSchema = z.union([
  z.enum(METRICS),
  z.templateLiteral(['health:', z.string()]).refine((text) => HEALTH_PATH.test(text), 'a path is health:name.name'),
]);

const bound = z.number().min(-1e15).max(1e15);

/** One question to what devices report, asked again after each window while a wave bakes. */
export const gateSchema = z
  .strictObject({
    metric: metricSchema.describe('what is measured'),
    atMost: bound.optional().describe('passes where the value is no larger'),
    atLeast: bound.optional().describe('passes where the value is no smaller'),
    relativeTo: z
      .enum(['before'])
      .optional()
      .describe('the bound is a factor of what the version before came to: atMost 1.2 is a fifth more'),
    over: z
      .enum(['mean', 'max', 'min'])
      .default('mean')
      .describe('of health:… metrics: how the devices’ numbers become one'),
    window: durationSchema(1, 86_400).default('5m').describe('how long is measured for one answer'),
    failureLimit: z.number().int().min(0).max(1000).default(0).describe('answers that may fail before the gate does'),
    minimumSample: z
      .number()
      .int()
      .min(1)
      .max(1_000_000_000)
      .default(1)
      .describe('devices, texts or messages; with fewer the answer is inconclusive'),
    dryRun: z.boolean().default(false).describe('only reports'),
  })
  .refine((gate) => gate.atMost !== undefined || gate.atLeast !== undefined, 'a gate needs atMost or atLeast')
  .refine(
    ({ metric, relativeTo }) => relativeTo === undefined || !OF_THE_WAVE.has(metric),
    'this metric has no version before to be held against',
  );

/** Metrics that only make sense of the version that is rolled out. */
const OF_THE_WAVE = new Set<string>(['healthy-share', 'failed-devices', 'silent-devices', 'restarts', 'agreement']);

export type Gate = z.output<typeof gateSchema>;

/** `latency-p90 ≤ 1.2 × before`, as a person reads it. */
export function describeGate({ metric, atMost, atLeast, relativeTo, dryRun }: Gate): string {
  const times = relativeTo === 'before' ? ' × before' : '';
  const bounds = [
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}${times}`]),
    ...(atMost === undefined ? [] : [`≤ ${atMost}${times}`]),
  ];
  return `${metric} ${bounds.join(' and ')}${dryRun ? ' (dry run)' : ''}`;
}
