/**
 * A device on this machine: a Greengrass core that runs the built runtime as a component. The recipe starts the program
 * where it was built, so nothing is downloaded, unpacked or verified as on a real device.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Place } from '../../../component/contract/topics.ts';
import { accessControlFor } from '../../../recipes/access-control.ts';
import type { PersonalityName } from '../core/personality.ts';
import { startCore } from '../core/start-core.ts';

export interface DeployRuntimeOptions {
  /** The built `component/main.js`. */
  readonly program: string;
  /** Becomes the core's root. */
  readonly folder: string;
  readonly nucleus: PersonalityName;
  readonly broker: string;
  readonly place: Place;
  /** Settings beyond the fleet's name. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

export interface BuiltRuntime extends Pick<DeployRuntimeOptions, 'program' | 'configuration'> {
  readonly version: string;
  readonly fleet: string;
}

export interface DeployedRuntime {
  readonly logFile: string;
  /** Resolves with the exit code, or the signal, when it was removed, has ended by itself, or is BROKEN. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Removes the component, which drains first. Safe to call twice. */
  stop(): void;
  /** Ends the core with it. */
  close(): Promise<void>;
}

const COMPONENT = 'verge.Runtime';
const VERSION = '0.0.0';

/** Starts the core and deploys the runtime to it; resolves when the component is up, which is before it serves. */
export async function deployRuntime(options: DeployRuntimeOptions): Promise<DeployedRuntime> {
  const { folder, nucleus, broker, place } = options;
  const recipes = path.join(folder, 'recipes');
  const { program, configuration } = options;
  const recipe = builtRuntimeRecipe({ program, configuration, version: VERSION, fleet: place.fleet });
  await mkdir(recipes, { recursive: true });
  await writeFile(path.join(recipes, `${COMPONENT}-${VERSION}.json`), JSON.stringify(recipe, null, 2));
  const core = await startCore({
    root: folder,
    thing: place.thing,
    region: 'local',
    personality: nucleus,
    broker,
    settleMs: 0,
  });
  await core.deploy({ components: { [COMPONENT]: { version: VERSION } } });
  const component = core.component(COMPONENT);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    const look = (): void => {
      if (['NEW', 'FINISHED', 'BROKEN'].includes(component.state)) resolve(component.lastExit ?? 1);
    };
    component.onState(look);
    look();
  });
  let stopping: Promise<unknown> | undefined;
  return {
    logFile: component.log.file,
    ended,
    stop() {
      stopping ??= core.deploy({ remove: [COMPONENT] });
    },
    async close() {
      await stopping;
      await core.close();
    },
  };
}

/** Recipe of the runtime that starts the program where it was built; made for tests and the demo. */
export function builtRuntimeRecipe({ program, version, fleet, configuration }: BuiltRuntime): Record<string, unknown> {
  return {
    RecipeFormatVersion: '2020-01-25',
    ComponentName: COMPONENT,
    ComponentVersion: version,
    ComponentConfiguration: {
      DefaultConfiguration: { fleet, ...configuration, accessControl: accessControlFor(COMPONENT) },
    },
    Manifests: [
      { Platform: { os: 'linux', runtime: '*' }, Lifecycle: { run: `exec '${process.execPath}' '${program}'` } },
    ],
  };
}
