import { describe, expect, it } from 'vitest';
import type { RolloutState } from '../../../../cloud/rollout/state.ts';
import { everywhere, plan, versionsIn, worldOf } from '../../../support/intents-rollout.ts';
import type { RolloutWorld, Temper } from '../../../support/rollout-world.ts';

describe('a process that is killed', () => {
  const scenarios: Readonly<
    Record<string, { tempers: Readonly<Record<string, Temper>>; value: number; phase: string; version: string }>
  > = {
    'a rollout that goes through': { tempers: {}, value: 0, phase: 'done', version: '2.0.0' },
    'a gate that fails': { tempers: {}, value: 0.4, phase: 'rolled-back', version: '1.0.0' },
    'a device that refuses': {
      tempers: { b: { kind: 'refuses', version: '2.0.0', nucleus: 'lite' } },
      value: 0,
      phase: 'rolled-back',
      version: '1.0.0',
    },
  };

  it.each(Object.keys(scenarios))(
    'at any call, before or after it was done, is continued to the same end: %s',
    async (name) => {
      const { tempers, value, phase, version } = scenarios[name] ?? { tempers: {}, value: 0, phase: '', version: '' };
      const make = async (
        killAt: RolloutWorld['killAt'],
      ): Promise<{ world: RolloutWorld; state: RolloutState; first: number }> => {
        const world = worldOf(tempers);
        world.measure = () => ({ value, sample: 500 });
        await world.begin(plan);
        const first = world.calls;
        world.killAt = killAt;
        return { world, state: await world.runToTheEnd('intents-2'), first };
      };
      const whole = await make(undefined);

      let kills = 0;
      for (let call = whole.first; call < whole.world.calls; call += 1) {
        for (const when of ['before', 'after'] as const) {
          const { world, state } = await make({ call, when });
          kills += 1;

          expect({ call, when, phase: state.phase, versions: versionsIn(world) }).toEqual({
            call,
            when,
            phase,
            versions: everywhere(version),
          });
          expect({ call, when, made: world.deployments.length }).toEqual({
            call,
            when,
            made: whole.world.deployments.length,
          });
        }
      }

      expect(kills).toBeGreaterThan(40);
    },
  );
});
