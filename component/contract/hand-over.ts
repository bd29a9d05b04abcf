import * as z from 'zod';
import { modelNameSchema } from './manifest.ts';
import { errorCodeSchema, messageTextSchema, modelReferenceSchema, schemaVersionSchema } from './parts.ts';

/**
 * The socket on which the runtime takes models, in its work folder. Model components reach it relative to their own work
 * folder, which stands beside the runtime's on both nuclei (fact I1), so that the path stays short of the 108 bytes that a
 * Unix socket's may have.
 */
export const HAND_OVER_SOCKET = 'models.sock';
/** HTTP over that socket. */
export const HAND_OVER_PATH = '/v1/models';
/** A folder's name and two words. */
export const MAX_HAND_OVER_BYTES = 8 * 1024;

const roleSchema = z.enum(['primary', 'challenger']).default('primary');

/** `POST /v1/models`: a bundle that wants to serve. Answered when it serves, or is refused. */
export const offerSchema = z.object({
  schemaVersion: schemaVersionSchema,
  /** Absolute; read once, since the runtime keeps a copy of its own. */
  folder: z.string().min(1).max(4096).startsWith('/'),
  /** A challenger sees a share of the same texts, and its answers are compared, not sent. */
  role: roleSchema,
  /** Whether an older version may take the place of a newer one. */
  downgrade: z.enum(['refuse', 'allow']).default('refuse'),
});
export type Offer = z.infer<typeof offerSchema>;

/** `POST /v1/models/release`: whoever offered the model goes away, and perhaps the model with it. */
export const releaseSchema = z.object({ schemaVersion: schemaVersionSchema, name: modelNameSchema, role: roleSchema });
export type Release = z.infer<typeof releaseSchema>;

/** What became of an offer. */
export const verdictSchema = z.union([
  z.object({
    accepted: z.literal(true),
    model: modelReferenceSchema,
    change: z.enum(['loaded', 'swapped', 'unchanged']),
  }),
  z.object({ accepted: z.literal(false), code: errorCodeSchema, message: messageTextSchema }),
]);
export type Verdict = z.infer<typeof verdictSchema>;

export const offerExample: z.input<typeof offerSchema> = {
  schemaVersion: 1,
  folder: '/greengrass/v2/packages/artifacts-unarchived/verge.model.intents/1.2.0/bundle',
  role: 'primary',
};
