import * as z from 'zod';
import { modelNameSchema } from './manifest.ts';
import { instantSchema, requestIdSchema, schemaVersionSchema } from './parts.ts';

/** Texts in one command: 128 KB (fact G8) of short texts are about as many. */
export const MAX_TEXTS_PER_COMMAND = 1000;
/** A command cannot hold a longer one (fact G8). */
export const MAX_COMMAND_TEXT_LENGTH = 128 * 1024;

/** When the message was sent, by the sender's clock, with milliseconds: what the device tells its own clock's offset by. */
const sentAtSchema = instantSchema.optional();
/** As devices read it: one that can't be read is left out, and costs no text its answer. */
const lenientSentAtSchema = sentAtSchema.catch(undefined);

export const commandTextSchema = z.object({
  /** Comes back as the result's `requestId`. */
  id: requestIdSchema,
  text: z.string().max(MAX_COMMAND_TEXT_LENGTH),
});

/**
 * Payload of `cmd/verge/<fleet>/<thing>/classify`: plain JSON without an envelope, so that a person can write it in the
 * AWS console. Nucleus lite drops commands over about 4,900 bytes without a word (fact L4): senders there keep below.
 */
export const classifyCommandSchema = z.object({
  schemaVersion: schemaVersionSchema,
  /** Which model; the first that is configured where absent. */
  model: modelNameSchema.optional(),
  texts: z.array(commandTextSchema).min(1).max(MAX_TEXTS_PER_COMMAND),
  sentAt: sentAtSchema,
});

/** The same with texts yet unread, so that one bad text doesn't take the others with it. */
export const classifyCommandShellSchema = classifyCommandSchema.extend({
  texts: z.array(z.unknown()).min(1).max(MAX_TEXTS_PER_COMMAND),
  sentAt: lenientSentAtSchema,
});

/** Payload of `cmd/verge/<fleet>/<thing>/control`. */
export const controlCommandSchema = z.object({
  schemaVersion: schemaVersionSchema,
  /** `report-health`: publish a health message now. */
  action: z.enum(['report-health']),
  sentAt: sentAtSchema,
});

/** As devices read it. */
export const controlCommandShellSchema = controlCommandSchema.extend({ sentAt: lenientSentAtSchema });

export type ClassifyCommand = z.infer<typeof classifyCommandSchema>;
export type CommandText = z.infer<typeof commandTextSchema>;
export type ControlCommand = z.infer<typeof controlCommandSchema>;

export const classifyCommandExample: ClassifyCommand = {
  schemaVersion: 1,
  texts: [
    { id: 'call-7f3a', text: 'wake me at seven' },
    { id: 'call-7f3b', text: 'will it be like yesterday' },
  ],
  sentAt: '2026-05-04T09:21:07.087Z',
};
export const controlCommandExample: ControlCommand = {
  schemaVersion: 1,
  action: 'report-health',
  sentAt: '2026-05-04T09:21:07.087Z',
};
