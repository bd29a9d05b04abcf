import { defineErrors } from '../../component/contract/error.ts';

/** What can go wrong when a bundle is signed. */
export const signErrors = defineErrors({
  SIGN_KEY_UNREADABLE: {
    fault: 'user',
    next: 'Give a PEM private key that can be read, or --kms with the id of a key',
  },
  SIGN_KEY_KIND: { fault: 'user', next: 'Make one: `openssl ecparam -name prime256v1 -genkey -noout -out key.pem`' },
  SIGN_KMS_REFUSED: {
    fault: 'user',
    next: 'Check the key id, its usage (SIGN_VERIFY) and the permissions kms:Sign and kms:GetPublicKey',
  },
  SIGN_WRITE: { fault: 'user', next: 'Check that the bundle’s folder is writable and has room' },
});
