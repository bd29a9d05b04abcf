import { describe, expect, it } from 'vitest';
import type { FleetPort } from '../../../../cloud/rollout/ports.ts';
import { runRollout } from '../../../../cloud/rollout/run/run-rollout.ts';
import { makeWish } from '../../../../cloud/rollout/run/state-store.ts';
import { MODEL, plan } from '../../../support/intents-rollout.ts';
import { killed, RolloutWorld } from '../../../support/rollout-world.ts';

const bob = 'arn:aws:iam::1:user/bob';

function run(
  world: RolloutWorld,
  by: string,
  fleet: Partial<FleetPort>,
  onWait = async (): Promise<void> => undefined,
) {
  const since = world.nowMs;
  return runRollout('intents-2', {
    fleet: { ...world.fleet, ...fleet },
    store: world.store,
    observer: { look: (state) => world.look(state, since) },
    by,
    clock: () => new Date(world.nowMs),
    async wait(ms) {
      world.tick(ms);
      await onWait();
    },
    pollMs: 10_000,
  });
}

describe('two processes that run one rollout', () => {
  it('take a deployment back that one made long after the other had begun to go back', async () => {
    const world = new RolloutWorld({ all: ['a', 'b'] });
    await world.begin({ ...plan, waves: [{ name: 'pair', things: ['a', 'b'] }] });
    const slowly: FleetPort['deploy'] = async (order) => {
      if (order.targetArn === world.fleet.thingArn('b') && order.name.endsWith('forward')) {
        await makeWish(world.store, 'intents-2', 'abort', undefined, () => ({ now: new Date(world.nowMs), by: bob }));
        // It waits for this one in vain, writes down that it takes `a` back, and dies.
        const other = run(world, bob, { deploy: () => Promise.reject(killed) });
        await expect(other).rejects.toBe(killed);
      }
      return world.fleet.deploy(order);
    };

    const state = await run(world, 'arn:aws:iam::1:user/ada', { deploy: slowly });

    expect(state.phase).toBe('aborted');
    expect(state.waves[0]?.targets.map(({ deployment }) => deployment !== undefined)).toEqual([true, true]);
    expect(['a', 'b'].map((thing) => world.latestOf(world.fleet.thingArn(thing))?.components[MODEL])).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('take a deployment back that one makes just after a stop, and dies', async () => {
    const world = new RolloutWorld({ all: ['a', 'b'] });
    await world.begin({ ...plan, waves: [{ name: 'pair', things: ['a', 'b'] }] });
    let ended: Awaited<ReturnType<typeof run>> | undefined;
    const dying: FleetPort['deploy'] = async (order) => {
      if (order.targetArn !== world.fleet.thingArn('b')) return world.fleet.deploy(order);
      await makeWish(world.store, 'intents-2', 'abort', undefined, () => ({ now: new Date(world.nowMs), by: bob }));
      ended = await run(world, bob, {}, async () => {
        await world.fleet.deploy(order); // made once, by its token
      });
      throw killed;
    };

    const running = run(world, 'arn:aws:iam::1:user/ada', { deploy: dying });

    await expect(running).rejects.toBe(killed);
    expect(ended?.phase).toBe('aborted');
    expect(world.latestOf(world.fleet.thingArn('b'))).toMatchObject({ name: 'verge-rollout intents-2 pair back' });
  });
});
