/**
 * KMS as far as signing needs it: GetPublicKey and Sign of one ECDSA key, over the JSON protocol that the real client
 * speaks. It checks no signature of the request, no permission and no key policy, and knows no other operation.
 */
import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';

export interface Kms {
  /** Requests to sign, as they came. */
  readonly signed: Record<string, unknown>[];
  client(): KMSClient;
  close(): Promise<void>;
}

export async function startKms(keyId: string, privateKey: KeyObject): Promise<Kms> {
  const signed: Record<string, unknown>[] = [];
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });

  function answer(operation: string, input: Record<string, unknown>): { status: number; body: object } {
    if (input.KeyId !== keyId) {
      return { status: 400, body: { __type: 'NotFoundException', message: `Alias ${input.KeyId} is not found.` } };
    }
    if (operation === 'TrentService.GetPublicKey') {
      return { status: 200, body: { KeyId: keyId, PublicKey: publicKey.toString('base64') } };
    }
    signed.push(input);
    return { status: 200, body: { KeyId: keyId, Signature: signDigest(String(input.Message)) } };
  }

  /** Node signs messages only; openssl signs a digest as it is. */
  function signDigest(base64: string): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-kms-'));
    try {
      const keyFile = path.join(folder, 'key.pem');
      writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
      const input = Buffer.from(base64, 'base64');
      return execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', keyFile], { input }).toString('base64');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const input = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>; // the client's own
    const { status, body } = answer(String(request.headers['x-amz-target']), input);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    signed,
    client: () =>
      new KMSClient({
        endpoint: `http://127.0.0.1:${port}`,
        region: 'eu-west-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
