import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Architecture } from './architectures.ts';
import { bundleProgram } from './bundle-program.ts';
import { writeLicences } from './licences.ts';
import { NATIVE_FOLDER, NATIVE_PACKAGES } from './natives.ts';
import { type BundledPackage, packagesOf } from './packages.ts';
import { writeSbom } from './sbom.ts';

/** Everything that goes into the zip of one architecture: name → bytes. */
export async function buildArtifact(
  root: string,
  name: string,
  version: string,
  architecture: Architecture,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const program = await bundleProgram(root, version, architecture);
  const packages = await packagesOf(root, program.inputs.keys());
  const natives = await readNatives(root, program.natives, packages, architecture);
  const json = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
  return new Map<string, Uint8Array>([
    ...program.files,
    ...natives.map(({ path: file, bytes }) => [file, bytes] as const),
    ['package.json', json({ name, version, license: 'Apache-2.0', type: 'module', main: 'start.js' })],
    ['LICENSE', await readFile(path.join(root, 'LICENSE'))],
    ['THIRD-PARTY-LICENCES.txt', Buffer.from(await writeLicences(root, packages))],
    ['sbom.cdx.json', Buffer.from(writeSbom({ name, version, packages, natives }))],
  ]);
}

async function readNatives(
  root: string,
  used: ReadonlySet<string>,
  packages: readonly BundledPackage[],
  { node }: Architecture,
): Promise<{ path: string; bytes: Uint8Array; of: BundledPackage }[]> {
  const wanted = NATIVE_PACKAGES.filter(({ name }) => used.has(name)).flatMap(({ name, files }) => {
    const of = packages.find((bundled) => bundled.name === name);
    if (of === undefined) throw new Error(`${name} is bundled and no file of it is: this is a bug`);
    return files(node).map((file) => ({ file: path.join(root, of.folder, file), of }));
  });
  return Promise.all(
    wanted.map(async ({ file, of }) => ({
      path: `${NATIVE_FOLDER}/${path.basename(file)}`,
      bytes: await readFile(file),
      of,
    })),
  );
}
