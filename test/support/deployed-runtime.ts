import type { DeploymentOutcome } from '../../cloud/local/core/deployment/deployer.ts';
import type { Core } from '../../cloud/local/core/start-core.ts';
import { accessControlFor } from '../../recipes/access-control.ts';
import { repositoryPath } from './paths.ts';
import { writeRecipe } from './recipe.ts';

export const RUNTIME = 'verge.Runtime';

/** Deploys the built runtime to a core, by a recipe that starts it where it was built. @param flags of Node, as a shell reads them */
export function deployRuntime(core: Core, configuration: object, flags = ''): Promise<DeploymentOutcome> {
  const run = `exec ${process.execPath} ${flags} ${repositoryPath('dist/component/main.js')}`;
  const accessControl = accessControlFor(RUNTIME);
  writeRecipe(core, { name: RUNTIME, configuration: { accessControl, ...configuration }, lifecycle: { run } });
  return core.deploy({ components: { [RUNTIME]: { version: '1.0.0' } } });
}

/** Deploys it again with a change of its configuration. */
export function reconfigureRuntime(core: Core, merge: Readonly<Record<string, unknown>>): Promise<DeploymentOutcome> {
  return core.deploy({ components: { [RUNTIME]: { version: '1.0.0', configurationUpdate: { merge } } } });
}
