/**
 * A private certificate authority in a folder: it stands for Amazon's root, for the certificates of IoT's endpoints, and for
 * IoT as the issuer of the certificates of things.
 *
 * What it does not do: RSA (AWS issues RSA 2048 to things; these are P-256, which a nucleus takes as well), intermediate
 * authorities, lists of revoked certificates (who has been turned away is IoT's to know), and certificates that
 * somebody else has signed.
 */
import 'reflect-metadata'; // what @peculiar/x509 stands on looks for it before anything else
import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
  /** PEM of the key's public half. */
  readonly publicKey: string;
}

export interface Authority {
  /** Its own certificate: what clients and servers trust. */
  readonly certificate: string;
  /** Where that lies as a file. */
  readonly certificateFile: string;
  /** For a server at these names and addresses. */
  issueServer(hosts: readonly string[]): Promise<Credential>;
  /** For a thing. Nothing in it says which: that is IoT's to know, as it is at AWS. */
  issueClient(): Promise<Credential>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60_000;
/** Clocks differ; and a stack's clock may be a test's. */
const BEFORE_MS = DAY_MS;
const AUTHORITY_DAYS = 3650;
/** What AWS gives its certificates, too: none shall end while somebody looks. */
const LEAF_DAYS = 3650;

/** Opens the authority of a folder; makes it where there is none. Its key is readable by its owner alone. */
export async function openAuthority(folder: string): Promise<Authority> {
  const certificateFile = path.join(folder, 'ca.pem');
  const keyFile = path.join(folder, 'ca.key');
  if (!existsSync(certificateFile)) await makeAuthority(folder, certificateFile, keyFile);
  const certificate = readFileSync(certificateFile, 'utf8');
  const issuer = new x509.X509Certificate(certificate);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(readFileSync(keyFile, 'utf8')),
    ALGORITHM,
    false,
    ['sign'],
  );

  async function issue(subject: string, extensions: x509.Extension[]): Promise<Credential> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const issued = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject,
      issuer: issuer.subject,
      ...lifetime(LEAF_DAYS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...extensions,
      ],
    });
    return {
      certificate: `${issued.toString('pem')}\n`,
      key: await pemOf(keys.privateKey, 'pkcs8', x509.PemConverter.PrivateKeyTag),
      publicKey: await pemOf(keys.publicKey, 'spki', x509.PemConverter.PublicKeyTag),
    };
  }

  return {
    certificate,
    certificateFile,
    issueServer: (hosts) =>
      issue('CN=Verge local endpoint', [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value })),
        ),
      ]),
    // The subject that AWS gives.
    issueClient: () =>
      issue('CN=AWS IoT Certificate', [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]),
  };
}

async function makeAuthority(folder: string, certificateFile: string, keyFile: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Verge local authority',
    ...lifetime(AUTHORITY_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  writeFileSync(keyFile, await pemOf(keys.privateKey, 'pkcs8', x509.PemConverter.PrivateKeyTag), { mode: 0o600 });
  // Last, and at once: where it is there, so is its key.
  writeFileSync(`${certificateFile}.draft`, `${certificate.toString('pem')}\n`);
  renameSync(`${certificateFile}.draft`, certificateFile);
}

async function pemOf(key: webcrypto.CryptoKey, format: 'pkcs8' | 'spki', tag: string): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey(format, key), tag)}\n`;
}

function lifetime(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - BEFORE_MS), notAfter: new Date(now + days * DAY_MS) };
}

/** Positive, and never twice. */
function serialNumber(): string {
  const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}
