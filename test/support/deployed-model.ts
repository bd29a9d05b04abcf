import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DeploymentOutcome } from '../../cloud/local/core/deployment/deployer.ts';
import type { Core } from '../../cloud/local/core/start-core.ts';
import { writeZip } from '../../cloud/publish/write-zip.ts';
import { BUNDLE_FOLDER, HAND_OVER_FILE, modelComponent, modelRecipe, modelZip } from '../../recipes/model-recipe.ts';
import { repositoryPath } from './paths.ts';

export const MODEL = 'intents-mini';
export const MODEL_COMPONENT = modelComponent(MODEL);

/** Puts a model where a core looks for it: the recipe as it is published, and the zip of the bundle and the built helper. */
export async function publishModel(core: Core, version: string, bundle: string): Promise<void> {
  const zip = modelZip(MODEL);
  const recipe = modelRecipe({
    model: MODEL,
    version,
    runtimeVersion: '1.0.0',
    artifactUri: (file) => `s3://b/${file}`,
  });
  const recipes = path.join(core.root, 'recipes');
  const artifacts = path.join(core.root, 'artifacts', MODEL_COMPONENT, version);
  mkdirSync(recipes, { recursive: true });
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(path.join(recipes, `${MODEL_COMPONENT}-${version}.json`), JSON.stringify(recipe));
  const helper = readFileSync(repositoryPath(`dist/component/${HAND_OVER_FILE}`));
  const files = readdirSync(bundle).map(
    (name) => [`${BUNDLE_FOLDER}/${name}`, readFileSync(path.join(bundle, name))] as const,
  );
  await writeZip(path.join(artifacts, zip), new Map([[HAND_OVER_FILE, helper], ...files]));
}

/** Deploys a version of the model that was published to the core. */
export function deployModel(core: Core, version: string): Promise<DeploymentOutcome> {
  return core.deploy({ components: { [MODEL_COMPONENT]: { version } } });
}
