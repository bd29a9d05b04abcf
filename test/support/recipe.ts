import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Core } from '../../cloud/local/core/start-core.ts';

export interface RecipeParts {
  readonly name: string;
  readonly lifecycle: Readonly<Record<string, unknown>>;
  readonly version?: string;
  readonly configuration?: object;
  readonly dependencies?: object;
  readonly artifacts?: readonly object[];
  readonly platform?: object;
}

/** Puts a recipe where a core looks for it; valid on both nuclei where the parts are. */
export function writeRecipe(core: Core, parts: RecipeParts): void {
  const { name, version = '1.0.0', configuration = {}, dependencies = {}, artifacts = [] } = parts;
  const { platform = { os: 'linux', runtime: '*' }, lifecycle } = parts;
  mkdirSync(path.join(core.root, 'recipes'), { recursive: true });
  const recipe = {
    RecipeFormatVersion: '2020-01-25',
    ComponentName: name,
    ComponentVersion: version,
    ComponentConfiguration: { DefaultConfiguration: configuration },
    ComponentDependencies: dependencies,
    Manifests: [{ Platform: platform, Lifecycle: lifecycle, Artifacts: artifacts }],
  };
  writeFileSync(path.join(core.root, 'recipes', `${name}-${version}.json`), JSON.stringify(recipe));
}
