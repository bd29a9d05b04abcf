import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BUNDLE_FILES, manifestSchema } from '../../../component/contract/manifest.ts';

/**
 * Copies a bundle under another version, with a golden sample that its model does not answer: what a bundle looks like whose
 * model and samples were not made together. Every digest is right.
 */
export async function writeFailingBundle(from: string, to: string, version: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
  const goldenFile = path.join(to, BUNDLE_FILES.golden);
  const lines = (await readFile(goldenFile, 'utf8')).trimEnd().split('\n');
  const samples = lines.map((line): { label: string } => JSON.parse(line));
  const [first] = samples;
  const other = samples.find(({ label }) => label !== first?.label);
  if (first === undefined || other === undefined) throw new Error('the golden samples all have one label');
  const golden = [{ ...first, label: other.label }, ...samples.slice(1)].map((sample) => `${JSON.stringify(sample)}\n`);
  const bytes = Buffer.from(golden.join(''));
  await writeFile(goldenFile, bytes);
  const manifestFile = path.join(to, BUNDLE_FILES.manifest);
  const manifest = manifestSchema.parse(JSON.parse(await readFile(manifestFile, 'utf8')));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const files = manifest.files.map((file) =>
    file.name === BUNDLE_FILES.golden ? { ...file, sizeBytes: bytes.length, sha256 } : file,
  );
  await writeFile(manifestFile, `${JSON.stringify({ ...manifest, version, files }, undefined, 2)}\n`);
}
