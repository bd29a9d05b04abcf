import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { kmsSigner } from '../../../../cloud/sign/kms-signer.ts';
import { signBundle } from '../../../../cloud/sign/sign-bundle.ts';
import { fileSigner } from '../../../../cloud/sign/signer.ts';
import type { SignatureBundle } from '../../../../component/contract/signature.ts';
import { openBundle } from '../../../../component/models/open-bundle.ts';
import { parsePublicKeys, signingKeyOf } from '../../../../component/models/signature/keys.ts';
import { verifySignature } from '../../../../component/models/signature/verify.ts';
import { type CompiledBundle, compileIntentsMini } from '../../../support/compiled-bundle.ts';
import { startKms } from '../../../support/kms.ts';
import { changeManifest } from '../../../support/tampered-bundle.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

let compiled: CompiledBundle;
beforeAll(() => {
  compiled = compileIntentsMini();
});
afterAll(() => compiled.remove());

function copyOfBundle(): string {
  const folder = path.join(temporaryFolder(), 'bundle');
  cpSync(compiled.folder, folder, { recursive: true });
  return folder;
}

function keyFile(key: KeyObject): string {
  const file = path.join(temporaryFolder(), 'key.pem');
  writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }));
  return file;
}

const ecKey = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const edKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;

describe('a signed bundle', () => {
  it.each([
    ['P-256', () => ecKey('P-256')],
    ['P-384', () => ecKey('P-384')],
    ['P-521', () => ecKey('P-521')],
    ['Ed25519', edKey],
  ])('is believed by who knows the public key (%s)', async (_kind, makeKey) => {
    const folder = copyOfBundle();
    const signer = await fileSigner(keyFile(makeKey()), undefined);

    await signBundle(await openBundle(folder), signer);
    const pem = signer.key.key.export({ type: 'spki', format: 'pem' }).toString();

    await verifySignature(await openBundle(folder), parsePublicKeys(pem, 'the test'));
  });

  it('is believed with the first or the second of two keys', async () => {
    const folder = copyOfBundle();
    const [old, next] = [
      await fileSigner(keyFile(ecKey('P-256')), undefined),
      await fileSigner(keyFile(edKey()), undefined),
    ];
    await signBundle(await openBundle(folder), next);

    await verifySignature(await openBundle(folder), [old.key, next.key]);
  });

  it('is not believed by who knows another key', async () => {
    const folder = copyOfBundle();
    await signBundle(await openBundle(folder), await fileSigner(keyFile(ecKey('P-256')), undefined));
    const other = await fileSigner(keyFile(ecKey('P-256')), undefined);

    const verified = verifySignature(await openBundle(folder), [other.key]);

    await expect(verified).rejects.toMatchObject({ code: 'SIGNATURE_KEY_UNKNOWN' });
  });

  it.each<[string, (folder: string) => void, string]>([
    ['without a signature', (folder) => rmSync(path.join(folder, 'model.sig')), 'SIGNATURE_MISSING'],
    [
      'with a signature that is no JSON',
      (folder) => writeFileSync(path.join(folder, 'model.sig'), '{'),
      'SIGNATURE_MALFORMED',
    ],
    [
      'with a signature of any size',
      (folder) => writeFileSync(path.join(folder, 'model.sig'), Buffer.alloc(70_000)),
      'SIGNATURE_MALFORMED',
    ],
    [
      'with a manifest that was changed afterwards',
      (folder) => changeManifest(folder, (manifest) => ({ ...manifest, version: '9.9.9' })),
      'SIGNATURE_OTHER_FILES',
    ],
    ['with a statement that was changed afterwards', (folder) => changeStatement(folder), 'SIGNATURE_WRONG'],
  ])('is not believed %s', async (_what, damage, code) => {
    const folder = copyOfBundle();
    const signer = await fileSigner(keyFile(ecKey('P-256')), undefined);
    await signBundle(await openBundle(folder), signer);
    damage(folder);

    const verified = verifySignature(await openBundle(folder), [signer.key]);

    await expect(verified).rejects.toMatchObject({ code });
  });

  it('is not signed with keys of other kinds', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

    await expect(fileSigner(keyFile(rsa.privateKey), undefined)).rejects.toMatchObject({ code: 'SIGN_KEY_KIND' });
    await expect(fileSigner(keyFile(ecKey('secp256k1')), undefined)).rejects.toMatchObject({ code: 'SIGN_KEY_KIND' });
    await expect(fileSigner('/nowhere/key.pem', undefined)).rejects.toMatchObject({ code: 'SIGN_KEY_UNREADABLE' });
  });

  it('says which of the configured keys is none', () => {
    const good = signingKeyOf(generateKeyPairSync('ed25519').publicKey, 'a key').key.export({
      type: 'spki',
      format: 'pem',
    });
    const bad = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n';

    expect(() => parsePublicKeys(`${good}${bad}`, 'modelPublicKey')).toThrow(/key 2 of modelPublicKey/);
    expect(() => parsePublicKeys('nothing', 'modelPublicKey')).toThrow(/no PEM public key/);
  });
});

describe('signing with KMS', () => {
  it('makes a signature that the public key believes, from the digest alone', async () => {
    const folder = copyOfBundle();
    const privateKey = ecKey('P-384');
    const kms = await startKms('alias/verge-models', privateKey);
    onTestFinished(() => kms.close());
    const signer = await kmsSigner(kms.client(), 'alias/verge-models');

    await signBundle(await openBundle(folder), signer);

    await verifySignature(await openBundle(folder), [signer.key]);
    expect(kms.signed).toMatchObject([{ MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_384' }]);
  });

  it('says what KMS says of a key that is not there', async () => {
    const kms = await startKms('alias/verge-models', ecKey('P-256'));
    onTestFinished(() => kms.close());

    const made = kmsSigner(kms.client(), 'alias/other');

    await expect(made).rejects.toMatchObject({
      code: 'SIGN_KMS_REFUSED',
      message: expect.stringContaining('NotFoundException'),
    });
  });
});

function changeStatement(folder: string): void {
  const file = path.join(folder, 'model.sig');
  const signature = JSON.parse(readFileSync(file, 'utf8')) as SignatureBundle; // written a moment ago
  const { dsseEnvelope } = signature;
  const statement = Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8').replace('model.bin', 'model.bim');
  const payload = Buffer.from(statement).toString('base64');
  writeFileSync(file, JSON.stringify({ ...signature, dsseEnvelope: { ...dsseEnvelope, payload } }));
}
