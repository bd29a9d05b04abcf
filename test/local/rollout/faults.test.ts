import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../cloud/local/aws/faults.ts';
import { rolloutModel, rolloutPlan, startRolloutStack } from '../../support/rollout-stack.ts';

/** Every operation that a rollout asks for. */
const OPERATIONS = [
  'ListDeployments',
  'GetDeployment',
  'CreateDeployment',
  'ListEffectiveDeployments',
  'ListInstalledComponents',
  'GetObject',
  'PutObject',
] as const;

const ONCE: Readonly<Record<string, Fault>> = {
  'too often': { kind: 'throttle' },
  'with a connection that breaks': { kind: 'disconnect' },
  'with an answer that is lost': { kind: 'lose-answer' },
  'with an error of the service': { kind: 'error', code: 'InternalServerException', status: 500, message: 'sorry' },
};

/** A service that says no for good costs as many tries as the SDK makes. */
const FOR_GOOD = 1_000_000;

describe('a call that goes wrong', () => {
  it('is one of those that a rollout makes', async () => {
    const world = await startRolloutStack();
    const before = world.stack.faults.calls.length;
    await world.start(rolloutPlan);
    const started = world.stack.faults.calls.length;

    await world.run('intents-2');

    const planned = new Set(world.stack.faults.calls.slice(before, started).map(({ operation }) => operation));
    const run = new Set(world.stack.faults.calls.slice(started).map(({ operation }) => operation));
    expect([...run].toSorted()).toEqual([...OPERATIONS].toSorted());
    expect([...planned].toSorted()).toEqual(
      [
        'DescribeComponent',
        'GetComponent',
        'GetDeployment',
        'ListDeployments',
        'ListThingGroupsForThing',
        'ListThingsInThingGroup',
        'PutObject',
      ].toSorted(),
    );
  });

  it.each(OPERATIONS.flatMap((operation) => Object.keys(ONCE).map((kind) => [operation, kind] as const)))(
    'is made again where %s fails once, %s, and makes no second deployment',
    async (operation, kind) => {
      const world = await startRolloutStack();
      await world.start(rolloutPlan);
      const fault = ONCE[kind];
      if (fault) for (const after of [0, 3, 7]) world.stack.faults.inject({ operation, fault, after });

      const state = await world.run('intents-2');

      expect(state.phase).toBe('done');
      expect(state.journal.filter(({ what }) => what === 'deployed')).toHaveLength(2);
      expect([...world.devices.values()].map((device) => device.running()[rolloutModel])).toEqual([
        '2.0.0',
        '2.0.0',
        '2.0.0',
        '2.0.0',
      ]);
    },
  );

  it.each(OPERATIONS)(
    'ends in one sentence where %s is throttled for good, and is continued later',
    async (operation) => {
      const world = await startRolloutStack();
      await world.start(rolloutPlan);
      world.stack.faults.inject({ operation, fault: { kind: 'throttle' }, after: 1, times: FOR_GOOD });

      const ended = await world.run('intents-2').then(
        (state) => state.phase,
        (error: unknown) => error,
      );
      world.stack.faults.clear();
      const state = await world.run('intents-2');

      expect(ended).toMatchObject({ code: 'AWS_THROTTLED', message: expect.stringContaining(operation) });
      expect(state.phase).toBe('done');
    },
  );
});
