import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand, type CreateBucketCommandInput } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectRollingOut } from '../../../cloud/aws/rolling-out.ts';
import { beginRollout } from '../../../cloud/rollout/machine/begin.ts';
import { outlinePlan } from '../../../cloud/rollout/plan/outline.ts';
import { planSchema } from '../../../cloud/rollout/plan/plan-schema.ts';
import { bucketStates } from '../../../cloud/rollout/run/bucket-states.ts';
import { listen } from '../../../cloud/rollout/run/listen.ts';
import { Observer } from '../../../cloud/rollout/run/observe.ts';
import { runRollout } from '../../../cloud/rollout/run/run-rollout.ts';
import { createState } from '../../../cloud/rollout/run/state-store.ts';
import { testCredentials, testRegion } from '../../support/aws-stack.ts';
import { startPlaneStack } from '../../support/device-plane.ts';
import { deployTo, register, whenOver } from '../../support/joined-core.ts';
import { testBucket } from '../../support/publishing.ts';
import { startTestFleet } from '../../support/simulated-fleet.ts';

interface Cost {
  readonly phase: string;
  readonly planCalls: number;
  readonly runCalls: number;
  /** Looks at the devices: each reads and writes the state. */
  readonly looks: number;
  readonly stateBytes: number;
  readonly seconds: number;
  /** Over MQTT, from and to the devices, while the rollout ran. */
  readonly messages: number;
  /** HTTPS calls of devices meanwhile. */
  readonly deviceCalls: number;
  /** What the process grew by meanwhile: rollout, cloud and devices are all in it. */
  readonly grownMiB: number;
}

/** One wave over so many devices. */
async function rollOutTo(count: number): Promise<Cost> {
  const stack = await startPlaneStack();
  const bucket: CreateBucketCommandInput = {
    Bucket: testBucket,
    CreateBucketConfiguration: { LocationConstraint: testRegion },
  };
  await stack.s3().send(new CreateBucketCommand(bucket));
  await register(stack, 'verge.Runtime');
  for (const version of ['1.0.0', '2.0.0']) await register(stack, 'verge.model.intents', { version });
  const before = { 'verge.Runtime': '1.0.0', 'verge.model.intents': '1.0.0' };
  const fleet = await startTestFleet(stack, { count, heartbeatSeconds: 1, beatsByItself: true });
  const job = await deployTo(stack, 'ovens', before);
  for (const { thing } of fleet.devices) await whenOver(stack, job, thing);
  const settings = { endpoint: stack.url, region: testRegion, credentials: testCredentials };
  const aws = await connectRollingOut({ settings, bucket: testBucket, signal: new AbortController().signal });
  onTestFinished(() => aws.close());
  const plan = planSchema.parse({
    schemaVersion: 1,
    name: 'cost',
    fleet: 'bakeries',
    models: { intents: '2.0.0' },
    waves: [
      { name: 'all', group: 'ovens', bake: '2s', gates: [{ metric: 'healthy-share', atLeast: 1, window: '1s' }] },
    ],
  });
  const startedMs = Date.now();
  const [costBefore, rssBefore] = [fleet.cost(), process.memoryUsage.rss()];
  const calls = (): number => stack.faults.calls.length;
  const first = calls();
  const state = beginRollout(plan, await outlinePlan(plan, aws.fleet), aws.identity.arn, new Date());
  const planned = calls();
  const store = bucketStates(aws.documents);
  await createState(store, state);
  const clock = (): Date => new Date();
  const { evidence, consumer } = await listen(state, { broker: stack.broker.url }, clock);
  onTestFinished(() => consumer.close());
  const observer = new Observer(aws.fleet, evidence);
  let looks = 0;
  const ended = await runRollout('cost', {
    fleet: aws.fleet,
    store,
    observer: {
      look(now) {
        looks += 1;
        return observer.look(now);
      },
    },
    by: aws.identity.arn,
    clock,
    wait: (ms) => delay(ms),
    pollMs: 500,
  });
  const cost = fleet.cost();
  return {
    messages: cost.sent + cost.received - costBefore.sent - costBefore.received,
    deviceCalls: cost.asked - costBefore.asked,
    grownMiB: (process.memoryUsage.rss() - rssBefore) / 1024 / 1024,
    phase: ended.phase,
    planCalls: planned - first,
    runCalls: calls() - planned,
    looks,
    stateBytes: JSON.stringify(ended).length,
    seconds: (Date.now() - startedMs) / 1000,
  };
}

describe('what a rollout costs', () => {
  it('grows no faster than the fleet: some calls for each device, and a few for each look', {
    timeout: 240_000,
  }, async () => {
    const few = await rollOutTo(20);
    const many = await rollOutTo(100);

    for (const [count, { phase, planCalls, runCalls, looks, stateBytes }] of [
      [20, few],
      [100, many],
    ] as const) {
      expect(phase).toBe('done');
      // Each thing: its groups, and its own latest deployment. Beside them: the pages of the group's members, its deployment, two components.
      expect(planCalls).toBe(2 * count + Math.ceil(count / 250) + 2 + 2);
      // Of each device two calls for every look until its deployment has ended there, which few looks see.
      expect(runCalls).toBeLessThanOrEqual(2 * count * looks + 3 * looks + 20);
      expect(stateBytes).toBeLessThan(4000 + 400 * count);
    }
  });

  // `VERGE_COST_DEVICES=20,100,500 npx vitest …`: the table of docs/rollout.md.
  it.runIf(process.env.VERGE_COST_DEVICES)(
    'is measured for fleets of the sizes that were asked for',
    {
      timeout: 900_000,
    },
    async () => {
      const sizes = (process.env.VERGE_COST_DEVICES ?? '').split(',').map(Number);
      const rows: object[] = [];
      for (const devices of sizes) rows.push({ devices, ...(await rollOutTo(devices)) });

      console.table(rows);

      expect(rows.map((row) => 'phase' in row && row.phase)).toEqual(sizes.map(() => 'done'));
    },
  );
});
