import { createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise } from 'yauzl';
import { coreErrors } from '../errors.ts';
import type { Artifact, Recipe } from '../recipe/recipe.ts';

/** Bounds of a zip on this machine; real ones hold tens of megabytes in some tens of files. */
const MAX_ENTRIES = 100_000;
const MAX_BYTES = 4 * 1024 ** 3;

export interface StagedFolders {
  readonly artifacts: string;
  readonly decompressed: string;
}

/** Writes an artifact's bytes to a file, or throws. */
export type Bring = (artifact: Artifact, file: string) => Promise<void>;

/**
 * Brings a component's artifacts into the core, and unpacks zips into a folder of their own name (fact D4). What is there
 * already stays: versions are immutable (fact G2).
 * @throws VergeError CORE_ARTIFACT_…
 */
export async function stageArtifacts(recipe: Recipe, root: string, bring: Bring): Promise<StagedFolders> {
  const place = path.join(recipe.name, recipe.version);
  const folders: StagedFolders = {
    artifacts: path.join(root, 'packages', 'artifacts', place),
    decompressed: path.join(root, 'packages', 'artifacts-unarchived', place),
  };
  await mkdir(folders.artifacts, { recursive: true });
  await mkdir(folders.decompressed, { recursive: true });
  for (const artifact of recipe.artifacts) {
    const { fileName, unarchive } = artifact;
    const file = path.join(folders.artifacts, fileName);
    if (!(await exists(file))) {
      await bring(artifact, `${file}.part`);
      await rename(`${file}.part`, file);
    }
    const unpacked = path.join(folders.decompressed, fileName.replace(/\.zip$/i, ''));
    if (unarchive && !(await exists(unpacked))) await unzip(file, unpacked);
  }
  return folders;
}

/** Takes artifacts from a folder, as the Greengrass CLI does: `NAME/VERSION/FILE`. */
export function bringFromFolder(folder: string, { name, version }: Recipe): Bring {
  return async ({ fileName }, file) => {
    const from = path.join(folder, name, version, fileName);
    try {
      await copyFile(from, file);
    } catch (error) {
      throw coreErrors.make('CORE_ARTIFACT_MISSING', `the artifact ${from} cannot be read`, error);
    }
  };
}

async function unzip(file: string, folder: string): Promise<void> {
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  try {
    const zip = await openPromise(file, { lazyEntries: true }); // refuses names that leave the folder
    let entries = 0;
    let bytes = 0;
    for await (const entry of zip.eachEntry()) {
      entries++;
      bytes += entry.uncompressedSize;
      if (entries > MAX_ENTRIES || bytes > MAX_BYTES)
        throw new Error(`it holds more than is allowed at ${entry.fileName}`);
      const target = path.join(part, entry.fileName);
      if (entry.fileName.endsWith('/')) {
        await mkdir(target, { recursive: true });
        continue;
      }
      await mkdir(path.dirname(target), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
      await chmod(target, modeOf(entry));
    }
    await mkdir(part, { recursive: true });
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw coreErrors.make('CORE_ARTIFACT_INVALID', `${file} cannot be unpacked (${why})`, error);
  }
  await rename(part, folder);
}

/** Permissions from the upper half of the external attributes; without any, readable. Links are files here. */
function modeOf(entry: Entry): number {
  const mode = (entry.externalFileAttributes >>> 16) & 0o777;
  return mode === 0 ? 0o644 : mode;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
