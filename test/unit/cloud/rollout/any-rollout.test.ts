import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeWish } from '../../../../cloud/rollout/run/state-store.ts';
import { groups, MODEL, plan, worldOf } from '../../../support/intents-rollout.ts';
import { groupArn, type Temper } from '../../../support/rollout-world.ts';

const temper: fc.Arbitrary<Temper> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('obeys' as const), delay: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('refuses' as const),
      version: fc.constant('2.0.0'),
      nucleus: fc.constantFrom('java' as const, 'lite' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'silent' as const }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 10, max: 600 }))
      .map(([from, length]) => ({ kind: 'cut-off' as const, fromSeconds: from, toSeconds: from + length })),
  },
);

describe('whatever devices, gates and operators do', () => {
  it('no wave starts before the one before it passed, what goes back ends on what it had, and nothing foreign is lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          tempers: fc.array(temper, { minLength: 6, maxLength: 6 }),
          bad: fc.boolean(),
          rollback: fc.constantFrom('wave' as const, 'all' as const),
          silent: fc.constantFrom('ignore' as const, 'fail' as const, 'hold' as const),
          allowed: fc.integer({ min: 0, max: 2 }),
          killAt: fc.option(fc.integer({ min: 10, max: 120 })),
          wish: fc.option(fc.constantFrom('abort' as const, 'rollback' as const, 'pause' as const)),
        }),
        async ({ tempers, bad, rollback, silent, allowed, killAt, wish }) => {
          const world = worldOf(
            Object.fromEntries(
              'abcdef'.split('').map((thing, index) => [thing, tempers[index] ?? { kind: 'silent' as const }]),
            ),
          );
          const badWave = bad ? 'rest' : undefined;
          world.measure = ({ things }) => ({ value: things.includes('d') && badWave ? 0.5 : 0, sample: 100 });
          const gates = [{ metric: 'error-rate' as const, atMost: 0.1, window: '1m' }];
          const waves = plan.waves.map((wave) => ({
            ...wave,
            bake: '2m',
            gates,
            failedDevices: allowed,
            deployTimeout: '5m',
          }));
          await world.begin({
            ...plan,
            waves,
            policies: { rollback, silentDevices: silent, silentAfter: '1m', rollbackTimeout: '20m' },
          });
          if (killAt !== null)
            world.killAt = { call: world.calls + killAt, when: killAt % 2 === 0 ? 'before' : 'after' };
          const moment = () => ({ now: new Date(world.nowMs), by: 'arn:aws:iam::1:user/bob' });

          let state = await world.runToTheEnd('intents-2');
          if (wish !== null && !['done', 'rolled-back', 'aborted'].includes(state.phase)) {
            await makeWish(world.store, 'intents-2', wish, undefined, moment).catch(() => undefined);
            state = await world.runToTheEnd('intents-2');
          }

          const ahead = state.waves.map(({ targets }) => targets.some(({ deployment }) => deployment !== undefined));
          const firstPassed = state.journal.findIndex(({ what, wave }) => what === 'passed' && wave === 'canary');
          const secondBegan = state.journal.findIndex(({ wave }) => wave === 'rest');
          if (ahead[1]) expect(firstPassed).toBeGreaterThanOrEqual(0);
          if (secondBegan >= 0) expect(firstPassed).toBeLessThan(secondBegan);
          if (bad && ahead[1]) expect(state.phase).not.toBe('done');
          for (const group of ['canary', 'rest']) {
            expect(world.latestOf(groupArn(group))?.components['com.example.Foreign']).toMatchObject({
              componentVersion: '2.3.4',
            });
          }
          const wanted = state.waves.map(({ status }) => (status === 'passed' ? '2.0.0' : '1.0.0'));
          if (['done', 'rolled-back', 'aborted'].includes(state.phase)) {
            for (const [index, group] of ['canary', 'rest'].entries()) {
              expect(world.latestOf(groupArn(group))?.components[MODEL]?.componentVersion).toBe(wanted[index]);
              for (const thing of groups[group as keyof typeof groups]) {
                const device = world.devices.get(thing);
                world.tick(1_000_000);
                if (device?.temper.kind !== 'refuses') expect(device?.running[MODEL]).toBe(wanted[index]);
                else expect(device.running[MODEL]).toBe('1.0.0');
              }
            }
          } else {
            expect(state.hold).toBeDefined();
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
