import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A package of which something is in the artifact. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  readonly author: string | undefined;
  readonly homepage: string | undefined;
  /** Its licence and notice files, in the order of their names. */
  readonly licenceTexts: readonly string[];
  /** Names of the packages that it asks for. */
  readonly dependencies: readonly string[];
  /** Folder relative to the repository. */
  readonly folder: string;
}

/** `node_modules/a/node_modules/@s/b/c.js` → `node_modules/a/node_modules/@s/b` */
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

/** The packages that the given files belong to, by name and version. */
export async function packagesOf(root: string, files: Iterable<string>): Promise<readonly BundledPackage[]> {
  const folders = new Set<string>();
  for (const file of files) {
    const [folder] = PACKAGE_FOLDER.exec(file) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = await Promise.all([...folders].map((folder) => readPackage(root, folder)));
  return packages.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** `name@version` */
export function keyOf({ name, version }: Pick<BundledPackage, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

async function readPackage(root: string, folder: string): Promise<BundledPackage> {
  const full = path.join(root, folder);
  const manifest = JSON.parse(await readFile(path.join(full, 'package.json'), 'utf8')) as Manifest; // npm's own form
  const { name, version, license, author, homepage, dependencies = {} } = manifest;
  if (typeof license !== 'string') throw new Error(`${folder}/package.json names no licence: it cannot be shipped`);
  const texts = (await readdir(full, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  return {
    name,
    version,
    licence: license,
    author: typeof author === 'string' ? author : author?.name,
    homepage,
    licenceTexts: await Promise.all(texts.map((file) => readFile(path.join(full, file), 'utf8'))),
    dependencies: Object.keys(dependencies).sort(),
    folder,
  };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly author?: string | { readonly name: string };
  readonly homepage?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}
