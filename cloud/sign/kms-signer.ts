import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand, type SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { signErrors } from './errors.ts';
import { type Signer, supported } from './signer.ts';

const ALGORITHMS: Readonly<Record<string, SigningAlgorithmSpec>> = {
  sha256: 'ECDSA_SHA_256',
  sha384: 'ECDSA_SHA_384',
  sha512: 'ECDSA_SHA_512',
};

/** Signs with an ECDSA key that never leaves KMS. @throws VergeError SIGN_KMS_REFUSED, SIGN_KEY_KIND */
export async function kmsSigner(client: KMSClient, keyId: string): Promise<Signer> {
  const der = await asked(keyId, async () => (await client.send(new GetPublicKeyCommand({ KeyId: keyId }))).PublicKey);
  const key = supported(
    createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }),
    `the KMS key ${keyId}`,
  );
  const { hash } = key;
  const algorithm = hash === undefined ? undefined : ALGORITHMS[hash];
  if (hash === undefined || algorithm === undefined) {
    throw signErrors.make('SIGN_KEY_KIND', `the KMS key ${keyId} is no ECDSA key`);
  }
  return {
    key,
    sign: (bytes) => {
      // Only the digest travels: KMS takes no message over 4,096 bytes.
      const digest = createHash(hash).update(bytes).digest();
      return asked(keyId, async () => {
        const command = new SignCommand({
          KeyId: keyId,
          Message: digest,
          MessageType: 'DIGEST',
          SigningAlgorithm: algorithm,
        });
        return (await client.send(command)).Signature;
      });
    },
  };
}

async function asked(keyId: string, ask: () => Promise<Uint8Array | undefined>): Promise<Uint8Array> {
  let answer: Uint8Array | undefined;
  try {
    answer = await ask();
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw signErrors.make('SIGN_KMS_REFUSED', `KMS does not sign with ${keyId} (${why})`, error);
  }
  if (answer === undefined) throw signErrors.make('SIGN_KMS_REFUSED', `KMS gave no answer for ${keyId}`);
  return answer;
}
