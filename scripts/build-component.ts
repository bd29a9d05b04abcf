import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeZip } from '../cloud/publish/write-zip.ts';
import { vergeVersion } from '../component/version.ts';
import { RUNTIME_COMPONENT, RUNTIME_ZIPS } from '../recipes/runtime-recipe.ts';
import { ARCHITECTURES } from './artifact/architectures.ts';
import { buildArtifact } from './artifact/build-artifact.ts';
import { GDK_RECIPE_FILE, gdkRecipe } from './artifact/gdk-recipe.ts';

/**
 * Builds the device runtime's component: a zip for each architecture and the recipe, where the GDK looks for them (fact N5).
 * Run from the repository's root: `node dist/scripts/build-component.js [--out FOLDER] [--architecture NAME …]`.
 */
/** Compressed bytes; what a device on a slow line downloads. */
const MAX_BYTES = { amd64: 22_000_000, aarch64: 14_000_000 } as const;

const root = process.cwd();
const { values } = parseArgs({
  options: { out: { type: 'string' }, architecture: { type: 'string', multiple: true } },
});
const out = path.resolve(values.out ?? 'greengrass-build');
const wanted = ARCHITECTURES.filter(({ name }) => values.architecture?.includes(name) ?? true);

const artifacts = path.join(out, 'artifacts', RUNTIME_COMPONENT, 'NEXT_PATCH');
const recipes = path.join(out, 'recipes');
await mkdir(artifacts, { recursive: true });
await mkdir(recipes, { recursive: true });
await writeFile(path.join(recipes, GDK_RECIPE_FILE), gdkRecipe());
for (const architecture of wanted) {
  const zip = RUNTIME_ZIPS[architecture.name];
  const name = path.basename(zip, '.zip');
  const file = path.join(artifacts, zip);
  await writeZip(file, await buildArtifact(root, name, vergeVersion, architecture));
  const { size } = await stat(file);
  const most = MAX_BYTES[architecture.name];
  if (size > most) throw new Error(`${zip} has ${size} bytes, over ${most}: look at sbom.cdx.json for what came in`);
  console.log(`${path.relative(root, file)}  ${(size / 1e6).toFixed(2)} MB`);
}
