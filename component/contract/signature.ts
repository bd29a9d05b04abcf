import * as z from 'zod';
import { BUNDLE_FILES, type Manifest } from './manifest.ts';

/**
 * `model.sig` in the form of OpenSSF Model Signing 1.0: a Sigstore bundle around a DSSE envelope around an in-toto
 * statement that lists every file with its digest. Any tool of that specification verifies it, and ours verifies theirs.
 */
export const SIGNATURE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const SIGNATURE_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
/** Sixteen files with their digests have about 3 KB. */
export const MAX_SIGNATURE_BYTES = 64 * 1024;

const base64 = z.base64().min(1).max(MAX_SIGNATURE_BYTES);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const signatureBundleSchema = z.object({
  mediaType: z.string().regex(/^application\/vnd\.dev\.sigstore\.bundle/),
  verificationMaterial: z.object({
    /** SHA-256 (hex) of the public key in PEM. */
    publicKey: z.object({ hint: z.string().max(256) }).optional(),
    tlogEntries: z.array(z.unknown()).max(16).optional(),
  }),
  dsseEnvelope: z.object({
    payload: base64,
    payloadType: z.literal(SIGNATURE_PAYLOAD_TYPE),
    signatures: z
      .array(z.object({ sig: base64, keyid: z.string().optional() }))
      .min(1)
      .max(16),
  }),
});
export type SignatureBundle = z.infer<typeof signatureBundleSchema>;

export const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256 }) })).length(1),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    serialization: z.object({
      method: z.literal('files'),
      hash_type: z.literal('sha256'),
      allow_symlinks: z.boolean(),
      ignore_paths: z.array(z.string()).optional(),
    }),
    resources: z
      .array(z.object({ name: z.string().max(256), algorithm: z.literal('sha256'), digest: sha256 }))
      .min(1)
      .max(64),
  }),
});
export type Statement = z.infer<typeof statementSchema>;

/** Every file of a bundle with its digest, the manifest included, sorted by name. */
export function signedFiles(manifest: Manifest, manifestDigest: string): { name: string; digest: string }[] {
  return [
    ...manifest.files.map(({ name, sha256: digest }) => ({ name, digest })),
    { name: BUNDLE_FILES.manifest, digest: manifestDigest },
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a DSSE signature is made over ("pre-authentication encoding"). */
export function preAuthenticationEncoding(payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${SIGNATURE_PAYLOAD_TYPE.length} ${SIGNATURE_PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
