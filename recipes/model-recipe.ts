import { modelNameSchema } from '../component/contract/manifest.ts';
import { RECIPE_HEAD, type Recipe, unpackedFolder } from './recipe.ts';
import { type Published, RUNTIME_COMPONENT } from './runtime-recipe.ts';

/** The program in a model's artifact that hands the bundle beside it over to the runtime, and what it is told. */
const HAND_OVER = 'hand-over.js offer';

/** What a model's recipe needs besides. */
export interface PublishedModel extends Published {
  /** Name of the model, as in its manifest. */
  readonly model: string;
  /** Oldest runtime that can read the bundle; a next major version may not. */
  readonly runtimeVersion: string;
}

/** The component of a model. */
export function modelComponent(model: string): string {
  return `verge.model.${modelNameSchema.parse(model)}`;
}

/** The artifact of a model: a zip of the bundle and the helper. */
export function modelZip(model: string): string {
  return `${modelNameSchema.parse(model)}.zip`;
}

/**
 * Recipe of a model. It depends on the runtime, never the other way round, so that a new version restarts nothing else.
 * SOFT: a HARD dependant is stopped and started with the runtime on both nuclei, and each restart of the runtime (a changed
 * setting is enough: fact L8) would hand every model over again, though the runtime keeps its own copies (fact L3). The
 * helper waits for a runtime that is still starting. It exits non-zero where the runtime refuses the bundle; otherwise the
 * step stays up (fact L2) as a `sleep`, which takes next to no memory.
 */
export function modelRecipe({ model, version, runtimeVersion, artifactUri }: PublishedModel): Recipe {
  const [major = '0'] = runtimeVersion.split('.');
  const zip = modelZip(model);
  return {
    ...RECIPE_HEAD,
    ComponentName: modelComponent(model),
    ComponentVersion: version,
    ComponentDescription: `The model ${model} for ${RUNTIME_COMPONENT}.`,
    ComponentDependencies: {
      [RUNTIME_COMPONENT]: {
        VersionRequirement: `>=${runtimeVersion} <${Number(major) + 1}.0.0`,
        DependencyType: 'SOFT',
      },
    },
    Manifests: [
      {
        Platform: { os: 'linux', runtime: '*' },
        Lifecycle: { run: `node ${unpackedFolder(zip)}/${HAND_OVER} && exec sleep infinity` },
        Artifacts: [{ Uri: artifactUri(zip), Unarchive: 'ZIP' }],
      },
    ],
  };
}
