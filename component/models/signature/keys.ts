import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { signatureErrors } from './errors.ts';

const PEM_BLOCK = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g;
/** Hash of each curve, as Model Signing 1.0 pairs them. */
const HASHES: Readonly<Record<string, string>> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

/** A public key that bundles may be signed with. */
export interface SigningKey {
  readonly key: KeyObject;
  /** Hash for ECDSA; undefined for Ed25519, which has its own. */
  readonly hash: string | undefined;
  /** How a signature names it: SHA-256 (hex) of its PEM. */
  readonly hint: string;
}

/** One or several PEM public keys in one text. @throws VergeError SIGNATURE_KEY_INVALID */
export function parsePublicKeys(pem: string, place: string): SigningKey[] {
  const blocks = pem.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) throw signatureErrors.make('SIGNATURE_KEY_INVALID', `${place} holds no PEM public key`);
  return blocks.map((block, index) => {
    let key: KeyObject;
    try {
      key = createPublicKey(block);
    } catch (error) {
      throw signatureErrors.make('SIGNATURE_KEY_INVALID', `key ${index + 1} of ${place} cannot be read`, error);
    }
    return signingKeyOf(key, `key ${index + 1} of ${place}`);
  });
}

/** @throws VergeError SIGNATURE_KEY_INVALID for keys of other kinds */
export function signingKeyOf(key: KeyObject, place: string): SigningKey {
  const pem = key.export({ type: 'spki', format: 'pem' });
  const hint = createHash('sha256').update(pem).digest('hex');
  if (key.asymmetricKeyType === 'ed25519') return { key, hash: undefined, hint };
  const hash = HASHES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'ec' || hash === undefined) {
    const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType;
    throw signatureErrors.make('SIGNATURE_KEY_INVALID', `${place} is of the kind ${kind}`);
  }
  return { key, hash, hint };
}
