import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type SigningKey, signingKeyOf } from '../../component/models/signature/keys.ts';
import { signErrors } from './errors.ts';

/** Whoever holds a private key: a file, or KMS. */
export interface Signer {
  readonly key: SigningKey;
  /** Signs bytes; ECDSA in DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Signs with a PEM private key: ECDSA P-256, P-384, P-521 or Ed25519. @throws VergeError SIGN_KEY_UNREADABLE, SIGN_KEY_KIND */
export async function fileSigner(file: string, passphrase: string | undefined): Promise<Signer> {
  let privateKey: KeyObject;
  try {
    const pem = await readFile(file);
    privateKey = createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw signErrors.make('SIGN_KEY_UNREADABLE', `the private key ${file} cannot be read (${why})`, error);
  }
  const key = supported(createPublicKey(privateKey), file);
  return { key, sign: async (bytes) => sign(key.hash, bytes, privateKey) };
}

/** @throws VergeError SIGN_KEY_KIND */
export function supported(publicKey: KeyObject, place: string): SigningKey {
  try {
    return signingKeyOf(publicKey, place);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw signErrors.make('SIGN_KEY_KIND', `${place} cannot sign a bundle (${why})`, error);
  }
}
