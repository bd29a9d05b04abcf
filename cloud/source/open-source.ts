import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { VergeError } from '../../component/contract/error.ts';
import type { Origin } from '../../component/contract/manifest.ts';
import type { SourcePorts } from '../aws/connect.ts';
import { uriOf } from '../aws/objects.ts';
import { type Downloaded, download } from './download/download.ts';
import { originErrors } from './errors.ts';
import { type Located, locate } from './locate.ts';
import { type ModelSource, parseSource } from './parse-source.ts';

/** A model's archive on this machine. */
export interface OpenedSource {
  readonly path: string;
  /** Undefined for what was here before. */
  readonly origin: Origin | undefined;
  /** What the model is called unless the user says otherwise; undefined where the path says it. */
  readonly name: string | undefined;
  /** Removes what was fetched. Safe to call twice. */
  close(): Promise<void>;
}

export interface OpenSourceOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((bytes: number, totalBytes: number) => void) | undefined;
  /** Default: the system's folder for temporary files. */
  readonly temporaryFolder?: string;
}

/**
 * Brings a source to this machine: a path is where it is, everything else is fetched into a private folder. Nothing is
 * left of it on failure.
 * @param connect asked for only where AWS is needed
 * @throws VergeError ORIGIN_…, AWS_…; the signal's reason when aborted
 */
export async function openSource(
  named: string | ModelSource,
  connect: () => SourcePorts,
  options: OpenSourceOptions = {},
): Promise<OpenedSource> {
  const source = typeof named === 'string' ? parseSource(named) : named;
  if (source.kind === 'path') return { path: source.path, origin: undefined, name: undefined, close: async () => {} };
  const ports = connect();
  try {
    const located = await locate(source, ports, options.signal);
    return await fetchLocated(located, ports, options);
  } finally {
    ports.close();
  }
}

async function fetchLocated(located: Located, ports: SourcePorts, options: OpenSourceOptions): Promise<OpenedSource> {
  const { place } = located;
  const folder = await mkdtemp(path.join(options.temporaryFolder ?? tmpdir(), 'verge-source-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const target = path.join(
      folder,
      path.posix
        .basename(place.key)
        .replace(/[^\w.-]/g, '_')
        .slice(-100) || 'model',
    );
    const { object, verifiedBy } = await fetchClaimed(located, () => download(ports.objects, place, target, options));
    const origin = {
      uri: uriOf(place),
      etag: object.etag.replaceAll('"', ''),
      ...(object.versionId === undefined ? {} : { versionId: object.versionId }),
      verifiedBy,
      ...located.origin,
    };
    return { path: target, origin, name: located.name, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An artifact that a job speaks of and that isn't there is another matter than a wrong address. */
async function fetchClaimed({ claimedBy }: Located, fetch: () => Promise<Downloaded>): Promise<Downloaded> {
  try {
    return await fetch();
  } catch (error) {
    if (claimedBy === undefined || !(error instanceof VergeError) || error.code !== 'AWS_OBJECT_NOT_FOUND') throw error;
    throw originErrors.make('ORIGIN_ARTIFACT_GONE', `The artifact of ${claimedBy} is gone: ${error.what}`, error);
  }
}
