import { defineErrors } from '../../contract/error.ts';

const signAgain = 'Sign the bundle with `verge sign BUNDLE --key KEY` and publish it again';

/** Why it is not believed who made a bundle. */
export const signatureErrors = defineErrors({
  SIGNATURE_MISSING: { fault: 'user', next: signAgain },
  SIGNATURE_MALFORMED: { fault: 'user', next: signAgain },
  SIGNATURE_KEY_UNKNOWN: {
    fault: 'user',
    next: 'Sign with a key that the device knows, or add its public key to modelPublicKey',
  },
  SIGNATURE_WRONG: { fault: 'user', next: 'Do not trust this bundle: it was changed after it was signed' },
  SIGNATURE_OTHER_FILES: { fault: 'user', next: signAgain },
  SIGNATURE_KEY_INVALID: { fault: 'user', next: 'Give PEM public keys: ECDSA P-256, P-384, P-521 or Ed25519' },
});
