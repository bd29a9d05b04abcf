import type {
  AttachThingPrincipalCommandInput,
  CreateKeysAndCertificateCommandInput,
  DeleteCertificateCommandInput,
  DescribeCertificateCommandInput,
  DetachThingPrincipalCommandInput,
  ListCertificatesCommandInput,
  ListPrincipalThingsCommandInput,
  ListThingPrincipalsCommandInput,
  UpdateCertificateCommandInput,
} from '@aws-sdk/client-iot';
import { pageOf } from '../aws/page.ts';
import type { Call, Handler } from '../aws/service.ts';
import type { Certificate, Certificates } from './certificates.ts';
import { invalid, PAGES } from './refusals.ts';
import type { Registry } from './registry.ts';

/** What makes a thing known by a certificate. Policies are not among it: every device has the same (see the device plane). */
export function certificateHandlers(registry: Registry, certificates: Certificates): Record<string, Handler> {
  const describe = ({ id, status, createdAt }: Certificate): object => ({
    certificateId: id,
    certificateArn: certificates.arn(id),
    status,
    certificateMode: 'DEFAULT',
    creationDate: new Date(createdAt),
  });
  return {
    async CreateKeysAndCertificate({ setAsActive = false }: CreateKeysAndCertificateCommandInput, { now }: Call) {
      const { certificate, credential } = await certificates.issue(setAsActive ? 'ACTIVE' : 'INACTIVE', now);
      return {
        certificateArn: certificates.arn(certificate.id),
        certificateId: certificate.id,
        certificatePem: credential.certificate,
        keyPair: { PublicKey: credential.publicKey, PrivateKey: credential.key },
      };
    },
    DescribeCertificate({ certificateId = '' }: DescribeCertificateCommandInput) {
      const certificate = certificates.get(certificateId);
      return { certificateDescription: { ...describe(certificate), certificatePem: certificate.pem } };
    },
    ListCertificates({ pageSize: maxResults, marker: nextToken, ascendingOrder }: ListCertificatesCommandInput) {
      const all = ascendingOrder ? certificates.all() : certificates.all().toReversed();
      const page = pageOf(all, ({ id }) => id, { maxResults, nextToken }, PAGES);
      return { certificates: page.items.map(describe), nextMarker: page.nextToken };
    },
    UpdateCertificate({ certificateId = '', newStatus }: UpdateCertificateCommandInput) {
      if (newStatus !== 'ACTIVE' && newStatus !== 'INACTIVE' && newStatus !== 'REVOKED') {
        throw invalid(`The status ${newStatus} is none that a certificate is given`);
      }
      certificates.setStatus(certificateId, newStatus);
      return {};
    },
    DeleteCertificate({ certificateId = '' }: DeleteCertificateCommandInput) {
      certificates.delete(certificateId);
      return {};
    },
    AttachThingPrincipal({ thingName = '', principal = '' }: AttachThingPrincipalCommandInput) {
      certificates.attach(registry.thing(thingName).name, principal);
      return {};
    },
    DetachThingPrincipal({ thingName = '', principal = '' }: DetachThingPrincipalCommandInput) {
      certificates.detach(registry.thing(thingName).name, principal);
      return {};
    },
    ListThingPrincipals(input: ListThingPrincipalsCommandInput) {
      const { name } = registry.thing(input.thingName ?? '');
      const arns = certificates.ofThing(name).map(({ id }) => certificates.arn(id));
      const { items, nextToken } = pageOf(arns, (arn) => arn, input, PAGES);
      return { principals: items, nextToken };
    },
    ListPrincipalThings(input: ListPrincipalThingsCommandInput) {
      const { things } = certificates.byArn(input.principal ?? '');
      const { items, nextToken } = pageOf(things, (thing) => thing, input, PAGES);
      return { things: items, nextToken };
    },
  };
}
