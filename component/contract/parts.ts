import * as z from 'zod';
import { modelNameSchema, modelVersionSchema } from './manifest.ts';

/** Version of every message's `data`; a reader refuses any other. */
export const MESSAGE_SCHEMA_VERSION = 1;

/** The largest payload that IoT Core takes is 128 KB (fact G8); envelopes of others may be larger than ours. */
export const MAX_MESSAGE_BYTES = 120 * 1024;
/** Messages may hold this many results; 120 KB of the smallest possible results are fewer. */
export const MAX_RESULTS_PER_MESSAGE = 2000;
/** Names that senders choose: request ids. */
export const MAX_REQUEST_ID_LENGTH = 128;

export const schemaVersionSchema = z.literal(MESSAGE_SCHEMA_VERSION);
/** Names one life of the runtime: its start in base 36, so that later lives sort later, and some random digits. */
export const bootSchema = z.string().regex(/^[0-9a-z]{1,32}$/);
/** Counts the messages of one stream within one boot, from 1. 0 is the last will's, which the broker sends for a device. */
export const seqSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const countSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const instantSchema = z.iso.datetime({ offset: true });
export const durationMsSchema = z.number().min(0);
export const requestIdSchema = z.string().min(1).max(MAX_REQUEST_ID_LENGTH);
export const labelSchema = z.string().max(256);
export const shareSchema = z.number().min(0).max(1);
/** Stable upper-case code of an error, as in the catalogues of the stages. */
export const errorCodeSchema = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/);
export const messageTextSchema = z.string().max(2000);

/** A model as messages name it; `digest` is the SHA-256 of its manifest, which names every file. */
export const modelReferenceSchema = z.object({
  name: modelNameSchema,
  version: modelVersionSchema,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ModelReference = z.infer<typeof modelReferenceSchema>;

export const scoredLabelSchema = z.object({ label: labelSchema, score: z.number() });

/** What every message's `data` starts with. */
export const messageHead = {
  schemaVersion: schemaVersionSchema,
  boot: bootSchema,
  seq: seqSchema,
};
