import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { BUNDLE_FILES } from '../../component/contract/manifest.ts';
import type { Bundle } from '../../component/models/open-bundle.ts';
import { BUNDLE_FOLDER, HAND_OVER_FILE, modelComponent, modelRecipe, modelZip } from '../../recipes/model-recipe.ts';
import { RUNTIME_COMPONENT, RUNTIME_ZIPS, runtimeRecipe } from '../../recipes/runtime-recipe.ts';
import { writeRecipe } from '../../recipes/write-recipe.ts';
import { publishErrors } from './errors.ts';
import { openArtifact } from './open-artifact.ts';
import type { Publication } from './publication.ts';
import { writeZip } from './write-zip.ts';

/** The first runtime that takes models over; bundles name a later one where they need it. */
const FIRST_RUNTIME = '0.1.0';

export interface ModelParts {
  /** The built helper that goes into every model's artifact. */
  readonly handOverFile: string;
  /** Where the zip may be made; the caller removes it. */
  readonly workFolder: string;
  readonly partBytes?: number;
}

/** A bundle that was opened, as the component version of its name and version. */
export async function modelPublication(bundle: Bundle, parts: ModelParts): Promise<Publication> {
  const { handOverFile, workFolder, partBytes } = parts;
  const { name, version, requires, files } = bundle.manifest;
  const signature = await readSignature(bundle);
  const names = [
    BUNDLE_FILES.manifest,
    ...files.map((file) => file.name),
    ...(signature ? [BUNDLE_FILES.signature] : []),
  ];
  const entries = new Map<string, Uint8Array | string>([
    [HAND_OVER_FILE, await readFile(handOverFile)],
    ...names.map((file) => [`${BUNDLE_FOLDER}/${file}`, path.join(bundle.folder, file)] as const),
  ]);
  const zip = path.join(workFolder, modelZip(name));
  await writeZip(zip, entries);
  return {
    component: modelComponent(name),
    version,
    identity: createHash('sha256')
      .update(bundle.digest)
      .update(signature ?? '')
      .digest('hex'),
    artifacts: [await openArtifact(zip, partBytes)],
    ...lineageOf(bundle),
    recipe: (artifactUri) =>
      writeRecipe(
        modelRecipe({ model: name, version, runtimeVersion: requires?.runtime ?? FIRST_RUNTIME, artifactUri }),
      ),
  };
}

/** The model package that a bundle was compiled from hears of it, so that lineage goes both ways. */
function lineageOf({ digest, manifest }: Bundle): Pick<Publication, 'lineage'> {
  const { provenance, fidelity, version } = manifest;
  const arn = provenance.origin?.modelPackage?.arn;
  if (arn === undefined) return {};
  const agreement = fidelity === undefined ? '' : fidelity.agreement.toFixed(4);
  const properties = { 'verge:bundle': digest, 'verge:version': version, 'verge:agreement': agreement };
  return { lineage: { modelPackage: arn, properties } };
}

/** The signature of a bundle, if it has one. */
export async function readSignature({ folder }: Bundle): Promise<Buffer | undefined> {
  const file = path.join(folder, BUNDLE_FILES.signature);
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? readFile(file) : undefined;
}

/** The device runtime, out of the zips that the build left. @param folder that holds them */
export async function runtimePublication(folder: string, version: string, partBytes?: number): Promise<Publication> {
  const artifacts = await Promise.all(
    Object.values(RUNTIME_ZIPS).map(async (zip) => {
      const file = path.join(folder, zip);
      const found = await stat(file).catch(() => undefined);
      if (!found?.isFile()) throw publishErrors.make('PUBLISH_RUNTIME_NOT_BUILT', `${file} is not there`);
      return openArtifact(file, partBytes);
    }),
  );
  const identity = createHash('sha256')
    .update(artifacts.map(({ sha256 }) => sha256).join('\n'))
    .digest('hex');
  return {
    component: RUNTIME_COMPONENT,
    version,
    identity,
    artifacts,
    recipe: (artifactUri) => writeRecipe(runtimeRecipe({ version, artifactUri })),
  };
}
