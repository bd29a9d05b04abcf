import { z } from 'zod';
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
  'results-dropped',
  'link-restored',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

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
