import * as z from 'zod';
import {
  countSchema,
  errorCodeSchema,
  instantSchema,
  messageHead,
  messageTextSchema,
  modelReferenceSchema,
  requestIdSchema,
} from './parts.ts';

/** What this version of the runtime reports. A reader takes any name, since a newer device may know more. */
export const EVENT_NAMES = [
  'runtime-started',
  'runtime-stopping',
  'runtime-failed',
  'model-loaded',
  'model-refused',
  'model-unloaded',
  'configuration-invalid',
  'request-refused',
  'source-failing',
  'command-given-up',
  'results-dropped',
  'outbox-failing',
  'outbox-restored',
  'link-restored',
  'drift-began',
  'drift-ended',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/**
 * What drift is looked for in. `labels`, `confidence` and `length` are population stability indices less what chance
 * explains; the others are differences from the baseline, positive where things got worse.
 */
export const DRIFT_SIGNALS = ['labels', 'confidence', 'length', 'unknown-tokens', 'rejections', 'accuracy'] as const;
export type DriftSignal = (typeof DRIFT_SIGNALS)[number];

/** `data` of `dev.verge.event.v1`: something that happened once and that somebody may want to act on. */
export const eventDataSchema = z.object({
  ...messageHead,
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  at: instantSchema,
  /** One sentence for a person. */
  message: messageTextSchema,
  /** Of the error behind it, where there is one. */
  code: errorCodeSchema.optional(),
  model: modelReferenceSchema.partial().optional(),
  requestId: requestIdSchema.optional(),
  /** How many things it is about, such as dropped results. */
  count: countSchema.optional(),
  /** Of drift events: which signal, its value now, and the bound that it crossed. A reader takes any signal. */
  drift: z.object({ signal: z.string().max(64), value: z.number(), bound: z.number() }).optional(),
});
export type EventData = z.infer<typeof eventDataSchema>;

export const eventDataExample: EventData = {
  schemaVersion: 1,
  boot: 'mfq2k0a1x7c9',
  seq: 2,
  name: 'request-refused',
  at: '2026-05-04T09:21:07.125Z',
  message: 'A command is not JSON (91 bytes).',
  code: 'MESSAGE_NOT_JSON',
};
