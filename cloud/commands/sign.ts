import { openBundle } from '../../component/models/open-bundle.ts';
import { verifySignature } from '../../component/models/signature/verify.ts';
import { makeKmsClient } from '../aws/clients.ts';
import { readAwsSettings } from '../aws/settings.ts';
import { kmsSigner } from '../sign/kms-signer.ts';
import { signBundle } from '../sign/sign-bundle.ts';
import { fileSigner, type Signer } from '../sign/signer.ts';
import type { Command, CommandContext } from './command.ts';
import { commandErrors } from './errors.ts';
import { textOption } from './options.ts';

export const signCommand: Command = {
  name: 'sign',
  summary: 'Sign a bundle, so that devices with the public key take no other (OpenSSF Model Signing)',
  arguments: [{ name: 'bundle', description: 'folder that `verge compile` wrote' }],
  options: [
    { flags: '--key <file>', description: 'PEM private key: ECDSA P-256, P-384, P-521 or Ed25519' },
    { flags: '--passphrase-env <name>', description: 'environment variable that holds the passphrase of the key' },
    { flags: '--kms <key-id>', description: 'sign with a key in KMS instead: id, ARN or alias/NAME' },
  ],
  examples: ['verge sign bundle --key key.pem', 'verge sign bundle --kms alias/verge-models'],
  async run({ arguments: [folder = ''], options, json, stdout, environment }) {
    const bundle = await openBundle(folder);
    const signer = await chooseSigner(options, environment);
    const file = await signBundle(bundle, signer);
    await verifySignature(bundle, [signer.key]);
    const { key, hint } = signer.key;
    const publicKey = key.export({ type: 'spki', format: 'pem' }).toString();
    if (json) stdout.write(`${JSON.stringify({ file, digest: bundle.digest, keyHint: hint, publicKey })}\n`);
    else {
      stdout.write(
        `Signed ${bundle.manifest.name} ${bundle.manifest.version} in ${file}; the key is ${hint.slice(0, 12)}.\n`,
      );
      stdout.write(`Next: give devices the public key with the setting modelPublicKey:\n${publicKey}`);
    }
  },
};

async function chooseSigner(
  options: CommandContext['options'],
  environment: CommandContext['environment'],
): Promise<Signer> {
  const file = textOption(options.key);
  const kms = textOption(options.kms);
  if ((file === undefined) === (kms === undefined)) {
    throw commandErrors.make('COMMAND_OPTION_INVALID', 'one of --key and --kms is needed, and not both');
  }
  if (kms !== undefined) return kmsSigner(makeKmsClient(readAwsSettings(environment)), kms);
  const variable = textOption(options.passphraseEnv);
  return fileSigner(file ?? '', variable === undefined ? undefined : environment[variable]);
}
