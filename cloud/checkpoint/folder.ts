import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundFiles } from './choose-model.ts';
import { checkpointErrors } from './errors.ts';
import { type ModelFile, type ModelFiles, modelPlace } from './model-files.ts';
import { quote } from './quote.ts';

/**
 * Files of models in a folder of the user's own, at its root and one folder down. Links are followed: caches of the
 * model hub are made of them.
 */
export async function findInFolder(folder: string): Promise<FoundFiles> {
  const found = new Map<string, Map<string, ModelFile>>();
  await walk(folder, [], found);
  return found;
}

/** Files of a model that stand directly in a folder; what is below it, or not ours to read, is not looked at. */
export async function findBeside(folder: string): Promise<ModelFiles> {
  const files = new Map<string, ModelFile>();
  for (const entry of (await readdir(folder)).toSorted()) {
    const place = modelPlace([entry]);
    if (place === undefined) continue;
    const path = join(folder, entry);
    const status = await stat(path).catch(() => undefined);
    if (status?.isFile()) files.set(place.name, { path, sizeBytes: status.size });
  }
  return files;
}

async function walk(
  folder: string,
  parents: readonly string[],
  found: Map<string, Map<string, ModelFile>>,
): Promise<void> {
  for (const entry of (await readdir(folder)).toSorted()) {
    const parts = [...parents, entry];
    const path = join(folder, entry);
    const place = modelPlace(parts);
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory() && parents.length < 2 && !entry.startsWith('.')) {
      // Two down only `onnx/` can matter, and a deep tree is not searched.
      if (parents.length === 0 || entry === 'onnx') await walk(path, parts, found);
    } else if (place !== undefined) {
      if (!status?.isFile()) {
        throw checkpointErrors.make('FILE_NOT_REGULAR', `${quote(path)} is not a file that can be read`);
      }
      const group = found.get(place.folder) ?? new Map<string, ModelFile>();
      found.set(place.folder, group.set(place.name, { path, sizeBytes: status.size }));
    }
  }
}
