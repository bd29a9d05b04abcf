import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAloud } from '../../../../cloud/rollout/machine/journal.ts';
import type { PlanInput } from '../../../../cloud/rollout/plan/plan-schema.ts';
import { makeWish } from '../../../../cloud/rollout/run/state-store.ts';
import type { RolloutState } from '../../../../cloud/rollout/state.ts';
import { groupArn, RolloutWorld, type Temper } from '../../../support/rollout-world.ts';

const MODEL = 'verge.model.intents';
const before = { 'verge.Runtime': '1.0.0', [MODEL]: '1.0.0', 'com.example.Foreign': '2.3.4' };
const groups = { canary: ['a', 'b', 'c'], rest: ['d', 'e', 'f'] };
const plan: PlanInput = {
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

function worldOf(tempers: Readonly<Record<string, Temper>> = {}): RolloutWorld {
  const world = new RolloutWorld(groups, tempers);
  for (const group of Object.keys(groups)) world.given(groupArn(group), before);
  return world;
}

function versionsIn(world: RolloutWorld): Record<string, string | undefined> {
  return Object.fromEntries([...world.devices].map(([thing, { running }]) => [thing, running[MODEL]]));
}

const everywhere = (version: string) => Object.fromEntries('abcdef'.split('').map((thing) => [thing, version]));

describe('a rollout', () => {
  it('brings every device to the version of the plan, wave by wave, and leaves what it did not bring', async () => {
    const world = worldOf();
    await world.begin(plan);

    const state = await world.runToTheEnd('intents-2');

    expect(state.phase).toBe('done');
    expect(versionsIn(world)).toEqual(everywhere('2.0.0'));
    for (const group of ['canary', 'rest']) {
      expect(world.latestOf(groupArn(group))?.components).toMatchObject({
        'com.example.Foreign': { componentVersion: '2.3.4' },
        'verge.Runtime': { componentVersion: '1.0.0' },
      });
    }
  });

  it('waits for the half of the devices that is cut off, and goes on when they are back', async () => {
    const cutOff = { kind: 'cut-off', fromSeconds: 0, toSeconds: 900 } as const;
    const world = worldOf({ a: cutOff, c: cutOff, e: cutOff });
    await world.begin(plan);

    const state = await world.runToTheEnd('intents-2');

    expect(state.phase).toBe('done');
    expect(versionsIn(world)).toEqual(everywhere('2.0.0'));
    expect(state.waves[0]?.since.localeCompare('2026-05-04T09:15:00.000Z')).toBe(1);
  });

  it('blames no device for a way to the broker that was lost on this side', async () => {
    const world = worldOf();
    const gates = [{ metric: 'silent-devices' as const, atMost: 0, window: '1m' }];
    const waves = plan.waves.map((wave) => ({ ...wave, bake: '5m', gates }));
    const lost = { from: world.nowMs + 60_000, to: world.nowMs + 1_200_000 };
    world.deaf = () => world.nowMs >= lost.from && world.nowMs < lost.to;
    const tick = world.tick.bind(world);
    world.tick = (ms) => {
      const heard = new Map([...world.devices].map(([thing, { heardMs }]) => [thing, heardMs]));
      tick(ms);
      if (world.deaf()) for (const [thing, device] of world.devices) device.heardMs = heard.get(thing) ?? 0;
      else if (world.nowMs - ms < lost.to && world.nowMs >= lost.to) world.heardAgainMs = world.nowMs;
    };
    await world.begin({ ...plan, waves });

    const state = await world.runToTheEnd('intents-2');

    expect(state.phase).toBe('done');
    expect(state.waves[0]?.since.localeCompare('2026-05-04T09:20:00.000Z')).toBe(1);
  });

  it('asks a person about devices that never confirm, and takes the wave back where the plan says so', async () => {
    const cutOff = { kind: 'cut-off', fromSeconds: 0, toSeconds: 90_000 } as const;
    const [held, failed] = await Promise.all(
      (['hold', 'fail'] as const).map(async (silentDevices) => {
        const world = worldOf({ b: cutOff });
        const waves = plan.waves.map((wave) => ({ ...wave, deployTimeout: '5m' }));
        await world.begin({ ...plan, waves, policies: { silentAfter: '1m', rollbackTimeout: '10m', silentDevices } });
        return world.runToTheEnd('intents-2');
      }),
    );

    expect(held?.hold).toMatchObject({ kind: 'question', about: 'devices' });
    expect(held?.hold?.why).toContain('1 device did not confirm within 5m (1 of them silent or offline)');
    expect(failed?.phase).toBe('rolled-back');
    expect(failed?.waves[0]?.devices.map(({ thing, state }) => `${thing} ${state}`)).toEqual([
      'a restored',
      'b silent',
      'c restored',
    ]);
  });

  it('tells its journal so that a person can read it aloud', async () => {
    const world = worldOf({ b: { kind: 'refuses', version: '2.0.0', nucleus: 'lite' } });
    await world.begin(plan);

    const { journal } = await world.runToTheEnd('intents-2');

    expect(journal.map(readAloud)).toEqual([
      '2026-05-04 09:00:00 user/ada: Started intents-2: intents 2.0.0 in 2 waves over 6 devices.',
      '2026-05-04 09:00:00 user/ada: Wave canary: deploying to 3 devices.',
      '2026-05-04 09:00:00 user/ada: Wave canary: made the deployment d-3 for the group canary.',
      '2026-05-04 09:00:10 user/ada: Wave canary failed: 1 device failed, where 0 may (b: its golden samples came out otherwise). Taking the wave back.',
      '2026-05-04 09:00:10 user/ada: Wave canary: made the deployment d-4, which takes it back from the group canary.',
      '2026-05-04 09:00:20 user/ada: Wave canary is taken back, as every device confirms.',
      '2026-05-04 09:00:20 user/ada: intents-2 ended as rolled-back: 1 device failed, where 0 may (b: its golden samples came out otherwise).',
    ]);
  });

  it('stops at a gate that fails, takes the wave back, and the rest never sees the version', async () => {
    const world = worldOf();
    world.measure = () => ({ value: 0.4, sample: 500 });
    await world.begin(plan);

    const state = await world.runToTheEnd('intents-2');

    expect(state).toMatchObject({ phase: 'rolled-back', back: { why: 'the gate error-rate ≤ 0.1 failed at 0.4' } });
    expect(state.waves.map(({ status }) => status)).toEqual(['reverted', 'waiting']);
    expect(versionsIn(world)).toEqual(everywhere('1.0.0'));
    expect([...(world.devices.get('d')?.ran ?? [])]).toEqual([]);
    expect(world.reports.get('intents-2/report.md')).toContain('the gate error-rate ≤ 0.1 failed at 0.4');
  });

  it('allows a model the step back that it refuses by itself', async () => {
    const world = worldOf();
    world.measure = () => ({ value: 0.4, sample: 500 });
    await world.begin(plan);

    await world.runToTheEnd('intents-2');

    const spec = world.latestOf(groupArn('canary'))?.components[MODEL];
    expect(spec).toEqual({ componentVersion: '1.0.0', configurationUpdate: { merge: '{"downgrade":"allow"}' } });
  });

  it('waits for a person where a gate has too little to go by, and goes on when one approves', async () => {
    const world = worldOf();
    world.measure = () => ({ sample: 0 });
    await world.begin(plan);

    const held = await world.run('intents-2');
    await makeWish(world.store, 'intents-2', 'approve', 'seen', () => ({
      now: new Date(world.nowMs),
      by: 'arn:aws:iam::1:user/bob',
    }));
    const state = await world.run('intents-2');

    expect(held).toMatchObject({ phase: 'running', hold: { kind: 'question', about: 'gates' } });
    expect(held.waves[1]?.status).toBe('waiting');
    expect(state.phase).toBe('done');
    expect(state.journal.find(({ what }) => what === 'approved')?.by).toBe('arn:aws:iam::1:user/bob');
  });

  it('only reports what a dry-run gate finds', async () => {
    const world = worldOf();
    world.measure = () => ({ value: 0.4, sample: 500 });
    const [canary, rest] = plan.waves;
    const gates = [{ metric: 'error-rate' as const, atMost: 0.1, window: '1m', dryRun: true }];
    await world.begin({
      ...plan,
      waves: [
        { ...canary, name: 'canary', gates },
        { ...rest, name: 'rest' },
      ],
    });

    const state = await world.runToTheEnd('intents-2');

    expect(state.phase).toBe('done');
    expect(state.waves[0]?.gates[0]?.result).toBe('fail');
  });

  it('stops for a person where somebody else deployed meanwhile, and then builds on that', async () => {
    const world = worldOf();
    await world.begin(plan);
    world.given(groupArn('rest'), { ...before, 'com.example.Foreign': '2.4.0' });

    const held = await world.run('intents-2');
    await makeWish(world.store, 'intents-2', 'approve', undefined, () => ({
      now: new Date(world.nowMs),
      by: 'arn:aws:iam::1:user/bob',
    }));
    const state = await world.run('intents-2');

    expect(held.hold).toMatchObject({ kind: 'question', about: 'foreign' });
    expect(state.phase).toBe('done');
    expect(world.latestOf(groupArn('rest'))?.components).toMatchObject({
      'com.example.Foreign': { componentVersion: '2.4.0' },
    });
  });

  it('keeps what somebody else brought when it goes back', async () => {
    const world = worldOf();
    await world.begin(plan);
    world.measure = () => {
      if (world.deployments.length === 3) {
        world.given(groupArn('canary'), { ...before, [MODEL]: '2.0.0', 'com.example.New': '1.0.0' });
      }
      return { value: 0.4, sample: 500 };
    };

    const state = await world.runToTheEnd('intents-2');

    expect(state.phase).toBe('rolled-back');
    const versions = Object.entries(world.latestOf(groupArn('canary'))?.components ?? {}).map(([name, spec]) => [
      name,
      spec.componentVersion,
    ]);
    expect(Object.fromEntries(versions)).toEqual({ ...before, 'com.example.New': '1.0.0' });
  });
});

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
