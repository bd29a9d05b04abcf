import { describe, expect, it } from 'vitest';
import { type PlanInput, planSchema } from '../../../../cloud/rollout/plan/plan-schema.ts';
import { resolveWaves } from '../../../../cloud/rollout/plan/resolve.ts';
import { challengerRecipe } from '../../../../cloud/rollout/run/prepare-challenger.ts';
import { modelRecipe } from '../../../../recipes/model-recipe.ts';
import { groupArn, RolloutWorld } from '../../../support/rollout-world.ts';

const MODEL = 'verge.model.intents';
const CHALLENGER = 'verge.challenger.intents';
const gates = [{ metric: 'agreement' as const, atLeast: 0.97, window: '2m', minimumSample: 100 }];
const plan: PlanInput = {
  schemaVersion: 1,
  name: 'intents-2',
  fleet: 'bakeries',
  models: { intents: '2.0.0' },
  waves: [
    { name: 'shadow', group: 'canary', challenger: true, bake: '2m', gates },
    { name: 'canary', group: 'canary', bake: '1m' },
  ],
};

function worldOf(agreement: number): RolloutWorld {
  const world = new RolloutWorld({ canary: ['a', 'b'] });
  world.given(groupArn('canary'), { 'verge.Runtime': '1.0.0', [MODEL]: '1.0.0' });
  world.measure = ({ gate }) =>
    gate.metric === 'agreement' ? { value: agreement, sample: 400 } : { value: 0, sample: 1 };
  return world;
}

describe('a wave of challengers', () => {
  it('compares the model beside the one that serves, and takes it away before the next wave', async () => {
    const world = worldOf(0.99);
    await world.begin(plan);

    const state = await world.runToTheEnd('intents-2');

    const deployed = world.deployments.map(({ components }) =>
      [CHALLENGER, MODEL].map((name) => components[name]?.componentVersion ?? 'none').join(' beside '),
    );
    expect(state.phase).toBe('done');
    expect(deployed).toEqual(['none beside 1.0.0', '2.0.0 beside 1.0.0', 'none beside 1.0.0', 'none beside 2.0.0']);
  });

  it('ends the rollout where the models disagree, before any text was answered by the new one', async () => {
    const world = worldOf(0.8);
    await world.begin(plan);

    const state = await world.runToTheEnd('intents-2');

    expect(state).toMatchObject({ phase: 'rolled-back', back: { why: 'the gate agreement ≥ 0.97 failed at 0.8' } });
    expect(world.devices.get('a')?.running).toEqual({ 'verge.Runtime': '1.0.0', [MODEL]: '1.0.0' });
    expect([...(world.devices.get('a')?.ran ?? [])]).not.toContain(`${MODEL} 2.0.0`);
  });

  it('reaches no more devices with a challenger than with anything else', async () => {
    const world = new RolloutWorld({ huge: Array.from({ length: 10_001 }, (_, index) => `thing-${index}`) });
    const shadow = { name: 'shadow', group: 'huge', challenger: true };
    const tooLarge = planSchema.parse({ ...plan, waves: [shadow] });

    const resolving = resolveWaves(tooLarge, world.fleet);

    await expect(resolving).rejects.toThrow('the plan reaches over 10000 devices');
  });

  it('has a component of the same artifacts under a name of its own, without digests, which the service adds', () => {
    const recipe = modelRecipe({
      model: 'intents',
      version: '2.0.0',
      runtimeVersion: '1.0.0',
      artifactUri: (file) => `s3://b/${file}`,
    });
    const registered = JSON.parse(
      JSON.stringify(recipe, (_, value) => (value?.Uri ? { ...value, Digest: 'x', Algorithm: 'SHA-256' } : value)),
    );

    const made = challengerRecipe(registered, 'intents');

    expect(made).toEqual({
      ...JSON.parse(JSON.stringify(recipe)),
      ComponentName: CHALLENGER,
      ComponentDescription: expect.any(String),
      ComponentConfiguration: { DefaultConfiguration: { role: 'challenger', downgrade: 'allow' } },
    });
  });
});
