import { verify } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type * as z from 'zod';
import { BUNDLE_FILES } from '../../contract/manifest.ts';
import {
  MAX_SIGNATURE_BYTES,
  preAuthenticationEncoding,
  signatureBundleSchema,
  signedFiles,
  statementSchema,
} from '../../contract/signature.ts';
import type { Bundle } from '../open-bundle.ts';
import { signatureErrors } from './errors.ts';
import type { SigningKey } from './keys.ts';

/**
 * Checks that one of the keys signed exactly this bundle: its manifest, every file, and no other.
 * @param bundle opened, so that its files are known to be what its manifest says
 * @throws VergeError SIGNATURE_…
 */
export async function verifySignature(bundle: Bundle, keys: readonly SigningKey[]): Promise<void> {
  const { dsseEnvelope, verificationMaterial } = parse(await readSignature(bundle), signatureBundleSchema, bundle);
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const signed = preAuthenticationEncoding(payload);
  const hint = verificationMaterial.publicKey?.hint;
  const named = hint === undefined ? keys : keys.filter((key) => key.hint === hint);
  if (named.length === 0) {
    const known = keys.map((key) => key.hint.slice(0, 12)).join(', ');
    throw signatureErrors.make(
      'SIGNATURE_KEY_UNKNOWN',
      `${bundle.folder} is signed with the key ${hint?.slice(0, 12)}, and this device knows ${known}`,
    );
  }
  const genuine = dsseEnvelope.signatures.some(({ sig }) =>
    named.some(({ key, hash }) => verify(hash, signed, key, Buffer.from(sig, 'base64'))),
  );
  if (!genuine) throw signatureErrors.make('SIGNATURE_WRONG', `the signature of ${bundle.folder} does not hold`);
  const { predicate } = parse(payload, statementSchema, bundle);
  compareFiles(bundle, predicate.resources);
}

function compareFiles(bundle: Bundle, signed: readonly { readonly name: string; readonly digest: string }[]): void {
  const expected = new Map(signed.map(({ name, digest }) => [name, digest]));
  const files = signedFiles(bundle.manifest, bundle.digest);
  for (const { name, digest } of files) {
    if (expected.get(name) === digest) continue;
    const what = expected.has(name) ? 'another digest than the signed one' : 'not been signed';
    throw signatureErrors.make('SIGNATURE_OTHER_FILES', `${name} of ${bundle.folder} has ${what}`);
  }
  const extra = signed.find(({ name }) => !files.some((file) => file.name === name));
  if (extra === undefined) return;
  throw signatureErrors.make(
    'SIGNATURE_OTHER_FILES',
    `${bundle.folder} lacks ${extra.name.slice(0, 100)}, which was signed`,
  );
}

async function readSignature({ folder }: Bundle): Promise<Buffer> {
  const file = path.join(folder, BUNDLE_FILES.signature);
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size <= MAX_SIGNATURE_BYTES) return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw signatureErrors.make(
      'SIGNATURE_MISSING',
      `${folder} has no ${BUNDLE_FILES.signature} that can be read`,
      error,
    );
  }
  throw signatureErrors.make('SIGNATURE_MALFORMED', `${file} has over ${MAX_SIGNATURE_BYTES} bytes`);
}

function parse<T>(bytes: Uint8Array, schema: z.ZodType<T>, { folder }: Bundle): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    const what = `${path.join(folder, BUNDLE_FILES.signature)} is no signature of OpenSSF Model Signing 1.0`;
    throw signatureErrors.make('SIGNATURE_MALFORMED', what, error);
  }
}
