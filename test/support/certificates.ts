import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A certificate authority of the test's own, with a certificate for 127.0.0.1 and one for a client. Paths of PEM files. */
export interface Certificates {
  readonly folder: string;
  readonly ca: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
  remove(): void;
}

/** Makes them with openssl. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-certificates-'));
  const at = (name: string): string => path.join(folder, name);
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { stdio: 'ignore' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-subj',
    '/CN=test authority',
  );
  writeFileSync(at('server.ext'), 'subjectAltName=IP:127.0.0.1\n');
  writeFileSync(at('client.ext'), 'extendedKeyUsage=clientAuth\n');
  const issue = (name: string): { certificate: string; key: string } => {
    const [key, request, certificate] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.pem`)];
    openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
    const authority = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', request, ...authority, '-out', certificate, '-extfile', at(`${name}.ext`));
    return { certificate, key };
  };
  return {
    folder,
    ca: at('ca.pem'),
    server: issue('server'),
    client: issue('client'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The bytes of a PEM file. */
export function pem(file: string): Buffer {
  return readFileSync(file);
}
