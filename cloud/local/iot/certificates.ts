import { X509Certificate } from 'node:crypto';
import { type Collection, openCollection } from '../aws/collection.ts';
import { type AwsPlace, arnOf, restOfArn } from '../aws/place.ts';
import type { Authority, Credential } from '../certificates/authority.ts';
import { invalid, notFound, refuse } from './refusals.ts';

export type CertificateStatus = 'ACTIVE' | 'INACTIVE' | 'REVOKED';

/** A certificate that IoT has issued: it keeps no private key. */
export interface Certificate {
  /** SHA-256 of the certificate in hexadecimal, as IoT names them. */
  readonly id: string;
  readonly pem: string;
  readonly status: CertificateStatus;
  /** Things that it may speak for. */
  readonly things: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Certificates of things, and whom each may speak for. */
export interface Certificates {
  issue(status: CertificateStatus, now: Date): Promise<{ certificate: Certificate; credential: Credential }>;
  /** Oldest first. */
  all(): readonly Certificate[];
  /** @throws AwsError ResourceNotFoundException */
  get(id: string): Certificate;
  setStatus(id: string, status: CertificateStatus): void;
  /** @throws AwsError DeleteConflictException, CertificateStateException */
  delete(id: string): void;
  attach(thing: string, principalArn: string): void;
  detach(thing: string, principalArn: string): void;
  /** Whether whoever shows the certificate with this id may be this thing now. */
  speaksFor(id: string, thing: string): boolean;
  /** Whether it may be any thing at all. */
  speaksForAny(id: string): boolean;
  ofThing(thing: string): readonly Certificate[];
  /** @throws AwsError InvalidRequestException */
  byArn(arn: string): Certificate;
  arn(id: string): string;
}

export function openCertificates(folder: string, place: AwsPlace, authority: Authority): Certificates {
  const records: Collection<Certificate> = openCollection(folder);
  const self: Certificates = {
    async issue(status, now) {
      const credential = await authority.issueClient();
      const id = idOf(new X509Certificate(credential.certificate).fingerprint256);
      const certificate: Certificate = {
        id,
        pem: credential.certificate,
        status,
        things: [],
        createdAt: now.toISOString(),
      };
      records.put(id, certificate);
      return { certificate, credential };
    },
    all: () => records.all().toSorted((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1)),
    get(id) {
      const found = records.get(id);
      if (!found) throw notFound(`The certificate ${id} does not exist.`);
      return found;
    },
    setStatus: (id, status) => records.put(id, { ...self.get(id), status }),
    delete(id) {
      const { status, things } = self.get(id);
      if (things.length > 0) {
        throw refuse('DeleteConflictException', 409, `Things must be detached before deletion (arn: ${self.arn(id)})`);
      }
      if (status === 'ACTIVE') {
        const words = `Certificate must be deactivated (not ACTIVE) before deletion. (arn: ${self.arn(id)})`;
        throw refuse('CertificateStateException', 406, words);
      }
      records.delete(id);
    },
    attach(thing, arn) {
      const certificate = self.byArn(arn);
      if (certificate.things.includes(thing)) return;
      records.put(certificate.id, { ...certificate, things: [...certificate.things, thing].toSorted() });
    },
    detach(thing, arn) {
      const certificate = self.byArn(arn);
      records.put(certificate.id, { ...certificate, things: certificate.things.filter((other) => other !== thing) });
    },
    speaksFor(id, thing) {
      const certificate = records.get(id);
      return certificate !== undefined && certificate.status === 'ACTIVE' && certificate.things.includes(thing);
    },
    speaksForAny(id) {
      const certificate = records.get(id);
      return certificate !== undefined && certificate.status === 'ACTIVE' && certificate.things.length > 0;
    },
    ofThing: (thing) => self.all().filter(({ things }) => things.includes(thing)),
    byArn(arn) {
      const [, id] = restOfArn(place, 'iot', arn)?.match(/^cert\/([0-9a-f]{64})$/) ?? [];
      if (id === undefined) throw invalid(`${arn} is no certificate of this account and region`);
      return self.get(id);
    },
    arn: (id) => arnOf(place, 'iot', `cert/${id}`),
  };
  return self;
}

/** IoT's name of a certificate, out of the fingerprint that Node gives: `AB:CD:…`. */
export function idOf(fingerprint256: string): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}
