import type { ConfigurationUpdate } from '../configuration/configuration-tree.ts';
import type { Personality } from '../personality.ts';
import { findRecipe } from '../recipe/recipe.ts';
import type { StagedComponent } from './deployer.ts';
import { bringFromFolder, stageArtifacts } from './stage-artifacts.ts';

/** Components of a local deployment by name. */
export type Wanted = Readonly<
  Record<string, { readonly version: string; readonly configurationUpdate?: ConfigurationUpdate }>
>;

/**
 * The components asked for and those they need, from folders, dependencies first. What a dependency asks for and is on the
 * core already stays as it is.
 * @throws VergeError CORE_RECIPE_…, CORE_ARTIFACT_…
 */
export async function stageLocal(
  wanted: Wanted,
  {
    recipes,
    artifacts,
    root,
    personality,
  }: {
    readonly recipes: string;
    readonly artifacts: string;
    readonly root: string;
    readonly personality: Personality;
  },
  isHere: (name: string) => boolean,
): Promise<StagedComponent[]> {
  const staged: StagedComponent[] = [];
  const visited = new Set<string>();
  const visit = async (name: string, requirement: string): Promise<void> => {
    if (visited.has(name)) return;
    visited.add(name);
    const recipe = await findRecipe(recipes, name, wanted[name]?.version ?? requirement, personality);
    for (const [dependency, range] of recipe.dependencies) {
      const isThere = wanted[dependency] === undefined && isHere(dependency);
      if (!isThere) await visit(dependency, range);
    }
    const folders = await stageArtifacts(recipe, root, bringFromFolder(artifacts, recipe));
    staged.push({ recipe, folders, update: wanted[name]?.configurationUpdate });
  };
  for (const [name, { version }] of Object.entries(wanted)) await visit(name, version);
  return staged;
}
