import * as z from 'zod';
import { settingsSchema } from '../component/contract/settings.ts';
import { accessControlFor } from './access-control.ts';
import { RECIPE_HEAD, type Recipe, unpackedFolder } from './recipe.ts';

export const RUNTIME_COMPONENT = 'verge.Runtime';

/** A zip for each architecture, by the nuclei's names for them. */
export const RUNTIME_ZIPS = { amd64: 'verge-runtime-amd64.zip', aarch64: 'verge-runtime-aarch64.zip' } as const;

/** Small halves of the young generation and one helper thread: about 5 MB less for a program that mostly waits. */
export const NODE_FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=1'] as const;

/** What a recipe is filled in with when it is published. */
export interface Published {
  readonly version: string;
  /** Where the artifact of that file name is, such as `s3://bucket/key`. */
  readonly artifactUri: (file: string) => string;
}

/** Recipe of the device runtime, one source for the Java nucleus and for nucleus lite (facts L1, L2). */
export function runtimeRecipe({ version, artifactUri }: Published): Recipe {
  return {
    ...RECIPE_HEAD,
    ComponentName: RUNTIME_COMPONENT,
    ComponentVersion: version,
    ComponentDescription: 'Classifies text on the device and reports over MQTT.',
    ComponentConfiguration: {
      DefaultConfiguration: { ...defaultSettings(), accessControl: accessControlFor(RUNTIME_COMPONENT) },
    },
    Manifests: Object.entries(RUNTIME_ZIPS).map(([architecture, zip]) => ({
      Platform: { os: 'linux', architecture, runtime: '*' },
      // `exec`, so that SIGTERM reaches the program itself (fact L9); settings come over IPC, not by interpolation (fact G6).
      Lifecycle: { run: `exec node ${NODE_FLAGS.join(' ')} ${unpackedFolder(zip)}/start.js` },
      Artifacts: [{ Uri: artifactUri(zip), Unarchive: 'ZIP' }],
    })),
  };
}

/** The settings' own defaults, flat (fact L4). A plain broker's are left out: Greengrass is the way to the cloud here. */
function defaultSettings(): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(settingsSchema, { io: 'input' });
  const defaults = Object.entries(properties).flatMap(([key, schema]) =>
    typeof schema === 'object' && schema.default !== undefined && !key.startsWith('broker') && key !== 'schemaVersion'
      ? [[key, schema.default] as const]
      : [],
  );
  return Object.fromEntries(defaults);
}
