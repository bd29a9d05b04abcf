import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BUNDLE_FILES } from '../../component/contract/manifest.ts';
import {
  PREDICATE_TYPE,
  preAuthenticationEncoding,
  SIGNATURE_MEDIA_TYPE,
  SIGNATURE_PAYLOAD_TYPE,
  type SignatureBundle,
  STATEMENT_TYPE,
  type Statement,
  signedFiles,
} from '../../component/contract/signature.ts';
import type { Bundle } from '../../component/models/open-bundle.ts';
import { signErrors } from './errors.ts';
import type { Signer } from './signer.ts';

/**
 * Writes `model.sig` beside the manifest of a bundle that was opened, and so checked. Replaces an earlier signature in one
 * rename. Ed25519 gives the same bytes every time; ECDSA draws a number, and does not.
 * @throws VergeError SIGN_KMS_REFUSED, SIGN_WRITE
 */
export async function signBundle(bundle: Bundle, signer: Signer): Promise<string> {
  const payload = Buffer.from(JSON.stringify(statementOf(bundle)));
  const signature = await signer.sign(preAuthenticationEncoding(payload));
  const signed: SignatureBundle = {
    mediaType: SIGNATURE_MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: signer.key.hint }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: SIGNATURE_PAYLOAD_TYPE,
      signatures: [{ sig: Buffer.from(signature).toString('base64'), keyid: '' }],
    },
  };
  const file = path.join(bundle.folder, BUNDLE_FILES.signature);
  const draft = `${file}.partial`;
  try {
    await writeFile(draft, `${JSON.stringify(signed)}\n`);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw signErrors.make('SIGN_WRITE', `${file} cannot be written (${String(error)})`, error);
  }
  return file;
}

function statementOf({ manifest, digest: manifestDigest }: Bundle): Statement {
  const files = signedFiles(manifest, manifestDigest);
  const root = createHash('sha256');
  for (const { digest } of files) root.update(Buffer.from(digest, 'hex'));
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: manifest.name, digest: { sha256: root.digest('hex') } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: [BUNDLE_FILES.signature],
      },
      resources: files.map(({ name, digest }) => ({ name, algorithm: 'sha256', digest })),
    },
  };
}
