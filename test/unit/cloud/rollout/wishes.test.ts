import { describe, expect, it } from 'vitest';
import { makeWish } from '../../../../cloud/rollout/run/state-store.ts';
import { before, everywhere, plan, versionsIn, worldOf } from '../../../support/intents-rollout.ts';
import { groupArn } from '../../../support/rollout-world.ts';

describe('a person at any machine', () => {
  it.each(['abort', 'rollback'] as const)(
    'can %s while another process runs it, and nothing stays half-way',
    async (verb) => {
      const world = worldOf({ b: { kind: 'obeys', delay: 3 } });
      await world.begin(plan);
      let asked = false;
      const tick = world.tick.bind(world);
      world.tick = (ms) => {
        tick(ms);
        if (asked) return;
        asked = true;
        void makeWish(world.store, 'intents-2', verb, 'wrong model', () => ({
          now: new Date(world.nowMs),
          by: 'arn:aws:iam::1:user/bob',
        }));
      };

      const state = await world.runToTheEnd('intents-2');

      expect(state.phase).toBe(verb === 'abort' ? 'aborted' : 'rolled-back');
      expect(versionsIn(world)).toEqual(everywhere('1.0.0'));
    },
  );

  it('can take back a rollout that is done', async () => {
    const world = worldOf();
    await world.begin(plan);
    await world.runToTheEnd('intents-2');

    await makeWish(world.store, 'intents-2', 'rollback', 'complaints', () => ({
      now: new Date(world.nowMs),
      by: 'arn:aws:iam::1:user/bob',
    }));
    const state = await world.runToTheEnd('intents-2');

    expect(state.phase).toBe('rolled-back');
    expect(versionsIn(world)).toEqual(everywhere('1.0.0'));
  });

  it('cannot pause a question away', async () => {
    const world = worldOf();
    await world.begin(plan);
    world.given(groupArn('canary'), { ...before, 'com.example.Foreign': '2.4.0' });
    const held = await world.run('intents-2');

    const pausing = makeWish(world.store, 'intents-2', 'pause', undefined, () => ({
      now: new Date(world.nowMs),
      by: 'arn:aws:iam::1:user/bob',
    }));

    expect(held.hold).toMatchObject({ kind: 'question', about: 'foreign' });
    await expect(pausing).rejects.toMatchObject({ code: 'ROLLOUT_WISH_IDLE' });
    expect((await world.run('intents-2')).hold).toEqual(held.hold);
  });

  it('finds it paused until it is resumed', async () => {
    const world = worldOf();
    await world.begin(plan);
    const moment = () => ({ now: new Date(world.nowMs), by: 'arn:aws:iam::1:user/bob' });
    await makeWish(world.store, 'intents-2', 'pause', 'the network moves', moment);

    const paused = await world.run('intents-2');
    await makeWish(world.store, 'intents-2', 'resume', undefined, moment);
    const state = await world.run('intents-2');

    expect(paused).toMatchObject({ hold: { kind: 'paused', why: 'the network moves' } });
    expect(paused.waves[0]?.status).toBe('waiting');
    expect(state.phase).toBe('done');
  });
});
