import type { Reported } from '../core/cloud/fleet-status.ts';
import type { ConfigurationTree } from '../core/configuration/configuration-tree.ts';
import type { Behaviour } from './behaviour.ts';

/** A component on a simulated device. */
export interface Installed extends Reported {
  readonly configuration: ConfigurationTree;
}

/** Models' components are named for them. */
export const MODEL_PREFIX = 'verge.model.';

/** A component that is up. */
export function running(name: string, version: string, configuration: ConfigurationTree): Installed {
  return { recipe: { name, version }, state: 'RUNNING', failure: undefined, lastExit: undefined, configuration };
}

/** The model of a model's component. */
export function modelOf(component: string): string | undefined {
  return component.startsWith(MODEL_PREFIX) ? component.slice(MODEL_PREFIX.length) : undefined;
}

/** The component that a deployment breaks on, by the behaviour. @param fresh what it changes */
export function brokenBy({ deployment }: Behaviour, fresh: readonly Installed[]): Installed | undefined {
  if (deployment === 'install-fails') return fresh.at(-1);
  if (deployment === 'model-refused') return fresh.find(({ recipe }) => modelOf(recipe.name) !== undefined);
  return undefined;
}
