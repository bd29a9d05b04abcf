import type { Settings } from '../contract/settings.ts';
import { parsePublicKeys, type SigningKey } from '../models/signature/keys.ts';
import { readNamed } from './read-named.ts';

/** The keys that models must be signed with; none where every model is taken. @throws VergeError RUNTIME_FILE, SIGNATURE_KEY_INVALID */
export async function readModelKeys({ modelPublicKey, modelPublicKeyFile }: Settings): Promise<SigningKey[]> {
  const file = await readNamed('modelPublicKeyFile', modelPublicKeyFile);
  return [
    ...(modelPublicKey === undefined ? [] : parsePublicKeys(modelPublicKey, 'modelPublicKey')),
    ...(file === undefined ? [] : parsePublicKeys(file.toString('utf8'), `modelPublicKeyFile ${modelPublicKeyFile}`)),
  ];
}
