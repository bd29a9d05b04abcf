import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Recipes that the cloud has sent, in the core's `packages/recipes`. */
export interface StoredRecipes {
  /** Versions of a component that are here. */
  versions(name: string): Promise<string[]>;
  /** Text of one that is here. @throws Error of the file system */
  read(name: string, version: string): Promise<string>;
  write(name: string, version: string, text: string): Promise<void>;
}

export async function openStoredRecipes(root: string): Promise<StoredRecipes> {
  const folder = path.join(root, 'packages', 'recipes');
  await mkdir(folder, { recursive: true });
  const fileOf = (name: string, version: string): string => path.join(folder, `${name}-${version}.json`);
  return {
    async versions(name) {
      const files = await readdir(folder);
      return files
        .filter((file) => file.startsWith(`${name}-`) && file.endsWith('.json'))
        .map((file) => file.slice(name.length + 1, -'.json'.length));
    },
    read: (name, version) => readFile(fileOf(name, version), 'utf8'),
    async write(name, version, text) {
      const file = fileOf(name, version);
      await writeFile(`${file}.part`, text);
      await rename(`${file}.part`, file);
    },
  };
}
