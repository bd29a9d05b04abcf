import type { PlanInput } from '../../cloud/rollout/plan/plan-schema.ts';
import { groupArn, RolloutWorld, type Temper } from './rollout-world.ts';

export const MODEL = 'verge.model.intents';
export const before = { 'verge.Runtime': '1.0.0', [MODEL]: '1.0.0', 'com.example.Foreign': '2.3.4' };
export const groups = { canary: ['a', 'b', 'c'], rest: ['d', 'e', 'f'] };
export const plan: PlanInput = {
  schemaVersion: 1,
  name: 'intents-2',
  fleet: 'bakeries',
  models: { intents: '2.0.0' },
  waves: [
    { name: 'canary', group: 'canary', bake: '2m', gates: [{ metric: 'error-rate', atMost: 0.1, window: '1m' }] },
    { name: 'rest', group: 'rest', bake: '1m' },
  ],
  policies: { silentAfter: '1m', silentDevices: 'ignore' },
};

/** Two groups of three devices with the model in its first version. */
export function worldOf(tempers: Readonly<Record<string, Temper>> = {}): RolloutWorld {
  const world = new RolloutWorld(groups, tempers);
  for (const group of Object.keys(groups)) world.given(groupArn(group), before);
  return world;
}

/** Version of the model by device, as it runs. */
export function versionsIn(world: RolloutWorld): Record<string, string | undefined> {
  return Object.fromEntries([...world.devices].map(([thing, { running }]) => [thing, running[MODEL]]));
}

/** What `versionsIn` gives where all have one version. */
export const everywhere = (version: string) => Object.fromEntries('abcdef'.split('').map((thing) => [thing, version]));
