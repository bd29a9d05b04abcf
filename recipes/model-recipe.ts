import { modelNameSchema } from '../component/contract/manifest.ts';
import { RECIPE_HEAD, type Recipe, type RunStep, type StartAndShutdown, unpackedFolder } from './recipe.ts';
import { type Published, RUNTIME_COMPONENT } from './runtime-recipe.ts';

/** Where a model's artifact has the program that hands the bundle beside it over to the runtime. */
export const HAND_OVER_FILE = 'hand-over.mjs';
/** And the bundle. */
export const BUNDLE_FOLDER = 'bundle';

/**
 * How the model is offered, as configuration that a deployment may merge over. Both are texts: those alone are interpolated
 * alike by both nuclei (fact G6). `downgrade: allow` is what a roll-back sets where the runtime holds the newer version.
 */
const DEFAULT_CONFIGURATION = { role: 'primary', downgrade: 'refuse' } as const;
const ROLE = '--role "{configuration:/role}"';
const DOWNGRADE = '--downgrade "{configuration:/downgrade}"';

/** The helper waits 60 s for a runtime that is starting, and 110 s for its answer; a nucleus' own limit is 120 s (fact G10). */
const OFFER_TIMEOUT_SECONDS = 180;

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
 * helper waits for a runtime that is still starting, and ends with an error where the runtime refuses the bundle.
 */
export function modelRecipe({ model, version, runtimeVersion, artifactUri }: PublishedModel): Recipe {
  const [major = '0'] = runtimeVersion.split('.');
  const zip = modelZip(model);
  const program = `node ${unpackedFolder(zip)}/${HAND_OVER_FILE}`;
  const artifacts = [{ Uri: artifactUri(zip), Unarchive: 'ZIP' }] as const;
  return {
    ...RECIPE_HEAD,
    ComponentName: modelComponent(model),
    ComponentVersion: version,
    ComponentDescription: `The model ${model} for ${RUNTIME_COMPONENT}.`,
    ComponentConfiguration: { DefaultConfiguration: { ...DEFAULT_CONFIGURATION } },
    ComponentDependencies: {
      [RUNTIME_COMPONENT]: {
        VersionRequirement: `>=${runtimeVersion} <${Number(major) + 1}.0.0`,
        DependencyType: 'SOFT',
      },
    },
    Manifests: [
      { Platform: { os: 'linux', runtime: 'aws_nucleus_lite' }, Lifecycle: onLite(program), Artifacts: artifacts },
      { Platform: { os: 'linux', runtime: '*' }, Lifecycle: onJava(program), Artifacts: artifacts },
    ],
  };
}

/**
 * Lite takes the first manifest that fits. It knows no shutdown step, and wants a run step that stays up (fact L2): the
 * shell waits on a `sleep`, which takes next to no memory, and releases the model when SIGTERM comes (fact L9), be it
 * while the model is still being offered. A refused model ends the step; the third end within the hour makes the component
 * BROKEN (fact L7), and the version before serves on.
 */
function onLite(program: string): RunStep {
  const release = `${program} release ${ROLE}`;
  return {
    run: `trap '${release}; exit 0' TERM; ${program} offer ${ROLE} ${DOWNGRADE} && { sleep infinity & wait; }`,
  };
}

/**
 * The Java nucleus counts a component with a run step as RUNNING as soon as the step has begun, so a deployment would succeed
 * before the runtime has answered. With a startup step it is STARTING until the model serves, and a refused model fails the
 * deployment, which the nucleus then rolls back.
 */
function onJava(program: string): StartAndShutdown {
  return {
    startup: { Script: `${program} offer ${ROLE} ${DOWNGRADE}`, Timeout: OFFER_TIMEOUT_SECONDS },
    shutdown: `${program} release ${ROLE}`,
  };
}
