import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DeploymentOutcome } from '../../cloud/local/core/deployment/deployer.ts';
import type { Core } from '../../cloud/local/core/start-core.ts';
import { COMMANDS, TELEMETRY_STREAMS } from '../../component/contract/topics.ts';
import { repositoryPath } from './paths.ts';

export const RUNTIME = 'verge.Runtime';

const mqttproxy = {
  'verge.Runtime:publish': {
    operations: ['aws.greengrass#PublishToIoTCore'],
    resources: TELEMETRY_STREAMS.map((name) => `dt/verge/*/{iot:thingName}/${name}`),
  },
  'verge.Runtime:subscribe': {
    operations: ['aws.greengrass#SubscribeToIoTCore'],
    resources: COMMANDS.map((name) => `cmd/verge/*/{iot:thingName}/${name}`),
  },
};

/** Deploys the built runtime to a core, by a recipe that starts it where it was built. */
export function deployRuntime(core: Core, configuration: object): Promise<DeploymentOutcome> {
  mkdirSync(path.join(core.root, 'recipes'), { recursive: true });
  const run = `exec ${process.execPath} ${repositoryPath('dist/component/main.js')}`;
  const recipe = {
    RecipeFormatVersion: '2020-01-25',
    ComponentName: RUNTIME,
    ComponentVersion: '1.0.0',
    ComponentConfiguration: {
      DefaultConfiguration: { ...configuration, accessControl: { 'aws.greengrass.ipc.mqttproxy': mqttproxy } },
    },
    Manifests: [{ Platform: { os: 'linux', runtime: '*' }, Lifecycle: { run } }],
  };
  writeFileSync(path.join(core.root, 'recipes', `${RUNTIME}-1.0.0.json`), JSON.stringify(recipe));
  return core.deploy({ components: { [RUNTIME]: { version: '1.0.0' } } });
}

/** Deploys it again with a change of its configuration. */
export function reconfigureRuntime(core: Core, merge: Readonly<Record<string, unknown>>): Promise<DeploymentOutcome> {
  return core.deploy({ components: { [RUNTIME]: { version: '1.0.0', configurationUpdate: { merge } } } });
}
