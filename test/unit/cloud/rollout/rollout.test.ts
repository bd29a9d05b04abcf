import { describe, expect, it } from 'vitest';
import { readAloud } from '../../../../cloud/rollout/machine/journal.ts';
import { makeWish } from '../../../../cloud/rollout/run/state-store.ts';
import { before, everywhere, MODEL, plan, versionsIn, worldOf } from '../../../support/intents-rollout.ts';
import { groupArn } from '../../../support/rollout-world.ts';

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

  it('goes back at once where the way to the broker is lost, and waits to hear that it worked', async () => {
    const world = worldOf();
    const foundMs = world.nowMs + 3_600_000;
    world.measure = () => {
      world.deaf = () => world.nowMs < foundMs;
      return { value: 0.4, sample: 500 };
    };
    await world.begin(plan);

    const state = await world.runToTheEnd('intents-2');

    expect(state.phase).toBe('rolled-back');
    expect(Date.parse(state.waves[0]?.targets[0]?.revert?.at ?? '')).toBeLessThan(foundMs);
    expect(Date.parse(state.updatedAt)).toBeGreaterThanOrEqual(foundMs);
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
