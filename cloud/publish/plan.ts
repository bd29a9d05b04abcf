import { inc, valid } from 'semver';
import type { ComponentRegistry } from '../aws/component-registry.ts';
import type { ObjectStore, StoredObject, StoredPart } from '../aws/object-store.ts';
import { publishErrors } from './errors.ts';
import { storedChecksum } from './open-artifact.ts';
import { type Artifact, isSame, keyOf, type Publication } from './publication.ts';

/** What is to be done for one artifact. */
export type Transfer =
  | { readonly kind: 'there'; readonly artifact: Artifact; readonly key: string }
  | { readonly kind: 'put'; readonly artifact: Artifact; readonly key: string }
  | {
      readonly kind: 'parts';
      readonly artifact: Artifact;
      readonly key: string;
      /** An upload that was cut in half, and its parts that are whole. */
      readonly resumed?: { readonly uploadId: string; readonly parts: readonly StoredPart[] };
    };

/** What publishing comes to. Data: the dry run prints it, and carrying it out follows it. */
export type Plan =
  | { readonly kind: 'already-there'; readonly arn: string }
  /** Created by an earlier run; it is waited for. */
  | { readonly kind: 'wait'; readonly arn: string }
  | { readonly kind: 'publish'; readonly transfers: readonly Transfer[]; readonly recipe: string };

export interface PlanParts {
  readonly store: ObjectStore;
  readonly registry: ComponentRegistry;
  readonly prefix: string;
  readonly kmsKey: string | undefined;
}

/** Looks at what is there, and says what is missing. Writes nothing. @throws VergeError PUBLISH_… */
export async function planPublication(publication: Publication, parts: PlanParts): Promise<Plan> {
  const { store, registry, prefix } = parts;
  const { component, version } = publication;
  const registered = await registry.find(component, version);
  if (registered) {
    if (!isSame(publication, await registry.artifactUris(component, version))) {
      const free = nextFree(version, await registry.versions(component));
      const what = `${component} ${version} is there with other bytes; the next free version is ${free}`;
      throw publishErrors.make('PUBLISH_VERSION_TAKEN', what);
    }
    if (registered.state === 'failed') throw failed(publication, registered.reasons);
    return { kind: registered.state === 'pending' ? 'wait' : 'already-there', arn: registered.arn };
  }
  const transfers: Transfer[] = [];
  for (const artifact of publication.artifacts) {
    transfers.push(await planTransfer(artifact, keyOf(prefix, publication, artifact), parts));
  }
  const keys = new Map(transfers.map(({ artifact, key }) => [artifact.fileName, key]));
  const recipe = publication.recipe((fileName) => `s3://${store.bucket}/${keys.get(fileName)}`);
  return { kind: 'publish', transfers, recipe };
}

export function failed({ component, version }: Publication, reasons: readonly string[]): Error {
  const why = reasons.join('; ') || 'no reason is given';
  return publishErrors.make('PUBLISH_COMPONENT_FAILED', `${component} ${version} cannot be deployed (${why})`);
}

/** @throws VergeError where the object is not what was sent, or not encrypted as asked */
export function checkStored(
  artifact: Artifact,
  key: string,
  stored: StoredObject,
  { store, kmsKey }: Pick<PlanParts, 'store' | 'kmsKey'>,
  whoseFault: 'PUBLISH_OBJECT_FOREIGN' | 'PUBLISH_CHECKSUM_WRONG',
): void {
  const place = `s3://${store.bucket}/${key}`;
  if (stored.sizeBytes !== artifact.sizeBytes || stored.sha256 !== storedChecksum(artifact)) {
    throw publishErrors.make(whoseFault, `${place} does not have the bytes of ${artifact.fileName}`);
  }
  if (kmsKey !== undefined && !isKey(kmsKey, stored.kmsKeyId)) {
    const with_ = stored.kmsKeyId ?? "S3's own key";
    throw publishErrors.make('PUBLISH_OTHER_ENCRYPTION', `${place} is encrypted with ${with_}, not with ${kmsKey}`);
  }
}

/** S3 answers with the ARN of a key; whoever asked may have given its id, or an alias, which cannot be compared. */
function isKey(asked: string, stored: string | undefined): boolean {
  if (stored === undefined) return false;
  return asked.includes('alias/') || stored === asked || stored.endsWith(`/${asked}`);
}

async function planTransfer(artifact: Artifact, key: string, parts: PlanParts): Promise<Transfer> {
  const { store } = parts;
  const stored = await store.find(key);
  if (stored) {
    checkStored(artifact, key, stored, parts, 'PUBLISH_OBJECT_FOREIGN');
    return { kind: 'there', artifact, key };
  }
  if (artifact.partDigests.length === 1) return { kind: 'put', artifact, key };
  const uploadId = await store.unfinishedUpload(key);
  if (uploadId === undefined) return { kind: 'parts', artifact, key };
  const whole = (await store.parts(key, uploadId)).filter(
    ({ number, sha256 }) => sha256 !== undefined && sha256 === artifact.partDigests[number - 1],
  );
  return { kind: 'parts', artifact, key, resumed: { uploadId, parts: whole } };
}

/** The first patch after a version that nobody has taken. */
export function nextFree(version: string, taken: readonly string[]): string {
  const used = new Set(taken);
  let next = valid(version) ?? version;
  do next = inc(next, 'patch') ?? `${next}.1`;
  while (used.has(next));
  return next;
}
