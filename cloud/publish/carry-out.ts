import { VergeError } from '../../component/contract/error.ts';
import type { StoredPart } from '../aws/object-store.ts';
import { publishErrors } from './errors.ts';
import { readPart } from './open-artifact.ts';
import { checkStored, failed, type Plan, type PlanParts, planPublication, type Transfer } from './plan.ts';
import type { Publication } from './publication.ts';

export interface CarryOutParts extends PlanParts {
  /** Waits between two looks at a component version that is being made. */
  readonly wait: (ms: number) => Promise<void>;
  /** Writes metadata to a model package. */
  readonly annotate?: (arn: string, properties: Readonly<Record<string, string>>) => Promise<void>;
  readonly onProgress?: (step: string, done?: number, total?: number) => void;
  readonly signal?: AbortSignal;
}

export interface Outcome {
  readonly change: 'published' | 'already-there';
  readonly arn: string;
  /** Done, but for this. */
  readonly warning?: string;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
/** The service takes seconds; minutes for artifacts of gigabytes. */
const MAX_LOOKS = 90;

/** Makes it so. Stopped anywhere, it is continued by planning and carrying out again. @throws VergeError PUBLISH_… */
export async function carryOut(publication: Publication, plan: Plan, parts: CarryOutParts): Promise<Outcome> {
  const { registry, onProgress, signal } = parts;
  if (plan.kind === 'already-there') return { change: 'already-there', arn: plan.arn };
  if (plan.kind === 'publish') {
    for (const transfer of plan.transfers) await carry(transfer, parts);
    signal?.throwIfAborted();
    onProgress?.(`Registering ${publication.component} ${publication.version}`);
    const created = await registry.create(plan.recipe, publication.identity.slice(0, 64));
    if (!created) {
      // Somebody was quicker. Either it is the same, or it is refused here.
      const again = await planPublication(publication, parts);
      if (again.kind === 'already-there') return { change: 'already-there', arn: again.arn };
    }
  }
  const arn = await waitUntilDeployable(publication, parts);
  return { change: 'published', arn, ...(await writeBack(publication, arn, parts)) };
}

/** The component is there whether or not its model package hears of it. */
async function writeBack(
  { lineage }: Publication,
  arn: string,
  { annotate }: CarryOutParts,
): Promise<Pick<Outcome, 'warning'>> {
  if (lineage === undefined || annotate === undefined) return {};
  try {
    await annotate(lineage.modelPackage, { ...lineage.properties, 'verge:component': arn });
    return {};
  } catch (error) {
    if (!(error instanceof VergeError)) throw error;
    return { warning: `The model package was not told of it: ${error.message}` };
  }
}

async function carry(transfer: Transfer, parts: CarryOutParts): Promise<void> {
  const { store, signal, onProgress } = parts;
  const { artifact, key } = transfer;
  if (transfer.kind === 'there') return;
  signal?.throwIfAborted();
  const step = `Uploading ${artifact.fileName}`;
  onProgress?.(step, 0, artifact.sizeBytes);
  if (transfer.kind === 'put') await store.put(key, await readPart(artifact, 1), artifact.partDigests[0] ?? '');
  else {
    const uploadId = transfer.resumed?.uploadId ?? (await store.beginUpload(key));
    const done = new Map<number, StoredPart>((transfer.resumed?.parts ?? []).map((part) => [part.number, part]));
    for (const [index, digest] of artifact.partDigests.entries()) {
      const number = index + 1;
      signal?.throwIfAborted();
      if (!done.has(number)) {
        done.set(number, await store.uploadPart(key, uploadId, number, await readPart(artifact, number), digest));
      }
      onProgress?.(step, Math.min(number * artifact.partBytes, artifact.sizeBytes), artifact.sizeBytes);
    }
    await store.completeUpload(
      key,
      uploadId,
      [...done.values()].toSorted((a, b) => a.number - b.number),
    );
  }
  const stored = await store.find(key);
  if (!stored)
    throw publishErrors.make('PUBLISH_CHECKSUM_WRONG', `s3://${store.bucket}/${key} is gone after its upload`);
  checkStored(artifact, key, stored, parts, 'PUBLISH_CHECKSUM_WRONG');
}

async function waitUntilDeployable(publication: Publication, parts: CarryOutParts): Promise<string> {
  const { component, version } = publication;
  const { registry, wait, onProgress, signal } = parts;
  for (let look = 0, waitMs = FIRST_WAIT_MS; look < MAX_LOOKS; look += 1) {
    signal?.throwIfAborted();
    const found = await registry.find(component, version);
    if (found?.state === 'failed') throw failed(publication, found.reasons);
    if (found && found.state !== 'pending') return found.arn;
    onProgress?.(`Waiting until ${component} ${version} is deployable`);
    await wait(waitMs);
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
  throw publishErrors.make('PUBLISH_STILL_PENDING', `${component} ${version} is not deployable yet`);
}
