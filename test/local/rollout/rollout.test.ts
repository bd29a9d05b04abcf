import { GetDeploymentCommand, ListDeploymentsCommand } from '@aws-sdk/client-greengrassv2';
import { describe, expect, it } from 'vitest';
import {
  type RolloutStack,
  rolloutGroups,
  rolloutModel,
  rolloutPlan,
  startRolloutStack,
} from '../../support/rollout-stack.ts';

const versionsOf = ({ devices }: RolloutStack): Record<string, string | undefined> =>
  Object.fromEntries([...devices].map(([thing, device]) => [thing, device.running()[rolloutModel]]));
const everywhere = (version: string): Record<string, string> =>
  Object.fromEntries(
    Object.values(rolloutGroups)
      .flat()
      .map((thing) => [thing, version]),
  );

describe('a rollout over the stood-in cloud', () => {
  it('brings the version to every device, and hands the rates of IoT Jobs through', async () => {
    const world = await startRolloutStack();
    await world.start(rolloutPlan);

    const state = await world.run('intents-2');

    expect(state.journal.map(({ what }) => what)).toEqual([
      'started',
      'deploying',
      'deployed',
      'baking',
      'gate-pass',
      'passed',
      'deploying',
      'deployed',
      'baking',
      'passed',
      'done',
    ]);
    expect(versionsOf(world)).toEqual(everywhere('2.0.0'));
    const client = world.stack.greengrass();
    const targetArn = world.stack.registry.arn({ kind: 'group', name: 'canary' });
    const { deployments = [] } = await client.send(new ListDeploymentsCommand({ targetArn }));
    const deployment = await client.send(new GetDeploymentCommand({ deploymentId: deployments[0]?.deploymentId }));
    expect(deployment).toMatchObject({
      deploymentName: 'verge-rollout intents-2 canary forward',
      tags: { 'verge:rollout': 'intents-2' },
      components: { 'com.example.Foreign': { componentVersion: '2.3.4' } },
      iotJobConfiguration: {
        jobExecutionsRolloutConfig: { maximumPerMinute: 50 },
        abortConfig: {
          criteriaList: [
            { failureType: 'FAILED', action: 'CANCEL', thresholdPercentage: 50, minNumberOfExecutedThings: 5 },
          ],
        },
        timeoutConfig: { inProgressTimeoutInMinutes: 30 },
      },
    });
  });

  it('stops where the canary fails more texts, and the rest never runs the version', async () => {
    const errorRate = (version: string | undefined): number => (version === '2.0.0' ? 0.4 : 0);
    const world = await startRolloutStack({ 'oven-1': { errorRate }, 'oven-2': { errorRate } });
    await world.start(rolloutPlan);

    const state = await world.run('intents-2');

    expect(state.phase).toBe('rolled-back');
    expect(state.back?.why).toMatch(/^the gate error-rate ≤ 0\.1 failed at 0\.4/);
    expect(versionsOf(world)).toEqual(everywhere('1.0.0'));
    expect([...(world.devices.get('oven-3')?.ran ?? [])]).toEqual(['1.0.0']);
    const report = await world.aws.documents.read('rollouts/intents-2/report.md');
    expect(report?.text).toContain('# Rollout intents-2: rolled-back');
  });

  it('takes the wave back where a device refuses, with the reason that the device gave', async () => {
    const world = await startRolloutStack({ 'oven-2': { refuses: ['2.0.0'] } });
    await world.start(rolloutPlan);

    const state = await world.run('intents-2');

    expect(state.phase).toBe('rolled-back');
    expect(state.back?.why).toContain('oven-2: the model 2.0.0 does not answer its golden samples');
    expect(versionsOf(world)).toEqual(everywhere('1.0.0'));
  });
});
