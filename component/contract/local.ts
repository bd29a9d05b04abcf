import * as z from 'zod';
import { commandTextSchema, MAX_COMMAND_TEXT_LENGTH, MAX_TEXTS_PER_COMMAND } from './command.ts';
import { modelNameSchema } from './manifest.ts';
import {
  errorCodeSchema,
  MAX_RESULTS_PER_MESSAGE,
  messageTextSchema,
  modelReferenceSchema,
  requestIdSchema,
  schemaVersionSchema,
} from './parts.ts';
import { resultSchema } from './result.ts';
import { replyTopicSchema } from './topics.ts';

/** What an asker on the device sends: over the local topic, or as `POST /v1/classify`. */
export const askSchema = z.object({
  schemaVersion: schemaVersionSchema.default(1),
  /** Comes back in the reply, so that the asker knows which request it answers. */
  id: requestIdSchema.optional(),
  /** Which model; the first where absent. */
  model: modelNameSchema.optional(),
  /** A plain text gets an id of its own. */
  texts: z
    .array(z.union([commandTextSchema, z.string().max(MAX_COMMAND_TEXT_LENGTH)]))
    .min(1)
    .max(MAX_TEXTS_PER_COMMAND),
});
export type Ask = z.infer<typeof askSchema>;

/** Payload of `verge/classify/request`, binary or JSON; the reply is of the same kind. */
export const localRequestSchema = askSchema.extend({ id: requestIdSchema, replyTo: replyTopicSchema });

/** The least of a request that lets a reply find its way. */
export const localReturnAddressSchema = z.object({ id: requestIdSchema.optional(), replyTo: replyTopicSchema });

/** Payload of the reply topic, and the answer of `POST /v1/classify`. */
export const localReplySchema = z.object({
  schemaVersion: schemaVersionSchema,
  id: requestIdSchema.optional(),
  /** Long replies come in several messages: this is the first of `parts`, the second … */
  part: z.number().int().min(1),
  parts: z.number().int().min(1),
  /** `model` of a result is an index into these. */
  models: z.array(modelReferenceSchema).max(256),
  /** In the order of the texts. Empty where the request as a whole was refused. */
  results: z.array(resultSchema).max(MAX_RESULTS_PER_MESSAGE),
  /** Why the request as a whole was refused; nothing of it was taken. */
  error: z.object({ code: errorCodeSchema, message: messageTextSchema }).optional(),
});
export type LocalReply = z.infer<typeof localReplySchema>;

export const localRequestExample: z.input<typeof localRequestSchema> = {
  schemaVersion: 1,
  id: 'ask-1',
  replyTo: 'verge/classify/reply/com.example.Kiosk',
  texts: ['wake me at seven'],
};

export const localReplyExample: LocalReply = {
  schemaVersion: 1,
  id: 'ask-1',
  part: 1,
  parts: 1,
  models: [{ name: 'intents-mini', version: '1.2.0', digest: '9f'.repeat(32) }],
  results: [
    {
      requestId: 'ask-1',
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
  ],
};
