import { maxSatisfying, satisfies } from 'semver';
import type { Deployer } from '../deployment/deployer.ts';
import { coreErrors } from '../errors.ts';
import type { Personality } from '../personality.ts';
import { architecture, type Recipe, readRecipe } from '../recipe/recipe.ts';
import { CloudError } from './again.ts';
import type { PlaneClient } from './plane-client.ts';
import type { FindVersion, Requirements } from './resolve.ts';
import type { StoredRecipes } from './stored-recipes.ts';

export interface FindParts {
  readonly plane: PlaneClient;
  readonly stored: StoredRecipes;
  readonly deployer: Deployer;
  readonly personality: Personality;
}

/**
 * Finds versions as a nucleus does. Lite takes one that is on the device already without asking (fact L9); the Java nucleus
 * asks, says which version runs, and goes by what it has where the cloud cannot be reached (read in its source). What a
 * local deployment brought is taken where the cloud knows none.
 * @throws VergeError CORE_VERSION_UNAVAILABLE, CORE_CLOUD_REFUSED, CORE_RECIPE_…
 */
export function versionFinder({ plane, stored, deployer, personality }: FindParts): FindVersion<Recipe> {
  const platform = { os: 'linux', architecture: architecture(), runtime: personality.runtime };

  async function readStored(name: string, version: string): Promise<Recipe> {
    const running = deployer.components.get(name)?.recipe;
    if (running?.version === version) return running;
    return readRecipe(await stored.read(name, version), `${name} ${version}`, personality);
  }

  return async (name, requirements) => {
    if (name === personality.ownComponent) return undefined;
    const running = deployer.components.get(name)?.recipe.version;
    const isWanted = (version: string): boolean => fitsAll(version, requirements);
    const active = running !== undefined && isWanted(running) ? running : undefined;
    const here = active ?? maxSatisfying((await stored.versions(name)).filter(isWanted), '*') ?? undefined;
    if (here !== undefined && !personality.asksForKnownVersions) return readStored(name, here);
    try {
      const text = await plane.resolve({ name, version: active, requirements }, platform);
      const recipe = readRecipe(text, `${name} of the cloud`, personality);
      if (recipe.name !== name || !isWanted(recipe.version)) {
        throw new CloudError(200, 'UnknownAnswer', `${recipe.name} ${recipe.version} is not what was asked for`);
      }
      await stored.write(name, recipe.version, text);
      return recipe;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      const mayGoByIt = error.isPassing || (error.status === 404 && deployer.local.has(name));
      if (here !== undefined && mayGoByIt) return readStored(name, here);
      throw refusal(name, requirements, error);
    }
  };
}

/** `==1.0.0` is how the Java nucleus writes that it wants one version. */
function fitsAll(version: string, requirements: Requirements): boolean {
  return Object.values(requirements).every((range) => satisfies(version, range.replace(/^==/, '=')));
}

function refusal(name: string, requirements: Requirements, error: CloudError): Error {
  if (error.status !== 404) {
    const what = `the cloud did not say which version of ${name} to take (${error.code}: ${error.message})`;
    return coreErrors.make('CORE_CLOUD_REFUSED', what, error);
  }
  const asked = Object.entries(requirements).map(([who, range]) => `${who} wants ${range}`);
  return coreErrors.make('CORE_VERSION_UNAVAILABLE', `there is no version of ${name}: ${asked.join(', ')}`, error);
}
