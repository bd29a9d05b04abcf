import { setTimeout as delay } from 'node:timers/promises';
import { CreateComponentVersionCommand, CreateDeploymentCommand } from '@aws-sdk/client-greengrassv2';
import { onTestFinished } from 'vitest';
import { connectRollingOut, type RollingOut } from '../../cloud/aws/rolling-out.ts';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import { hearFleetStatus } from '../../cloud/local/greengrass/fleet-status-topic.ts';
import { serveJobTopics } from '../../cloud/local/iot/job-topics.ts';
import { beginRollout } from '../../cloud/rollout/machine/begin.ts';
import { outlinePlan } from '../../cloud/rollout/plan/outline.ts';
import { type PlanInput, planSchema } from '../../cloud/rollout/plan/plan-schema.ts';
import { bucketStates } from '../../cloud/rollout/run/bucket-states.ts';
import { listen } from '../../cloud/rollout/run/listen.ts';
import { Observer } from '../../cloud/rollout/run/observe.ts';
import { runRollout } from '../../cloud/rollout/run/run-rollout.ts';
import { createState, readState } from '../../cloud/rollout/run/state-store.ts';
import type { RolloutState } from '../../cloud/rollout/state.ts';
import type { GreengrassStack } from './greengrass-stack.ts';
import { type ProtocolDevice, type ProtocolDeviceOptions, startProtocolDevice } from './protocol-device.ts';
import { startPublishingStack, testBucket } from './publishing.ts';

/** A minute of a rollout takes 60 ms. */
const SPEED = 1000;

export const rolloutFleet = 'bakeries';
export const rolloutGroups = { canary: ['oven-1', 'oven-2'], rest: ['oven-3', 'oven-4'] } as const;
export const rolloutModel = 'verge.model.intents';

export interface RolloutStack {
  readonly stack: GreengrassStack;
  readonly broker: string;
  readonly aws: RollingOut;
  readonly devices: ReadonlyMap<string, ProtocolDevice>;
  readonly start: (plan: PlanInput) => Promise<RolloutState>;
  /** Carries it on as a process of its own would, with its own ears. */
  readonly run: (id: string) => Promise<RolloutState>;
}

type Temper = Partial<Pick<ProtocolDeviceOptions, 'refuses' | 'errorRate'>>;

/** The real stand-ins, with a broker and devices that speak their protocols; two groups with a model at 1.0.0. */
export async function startRolloutStack(tempers: Readonly<Record<string, Temper>> = {}): Promise<RolloutStack> {
  const stack = await startPublishingStack();
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const topics = await serveJobTopics(broker.url, stack.iotJobs);
  onTestFinished(() => topics.close());
  const status = await hearFleetStatus(broker.url, stack.greengrassService.devices);
  onTestFinished(() => status.close());
  const greengrass = stack.greengrass();
  const before = { 'verge.Runtime': '1.0.0', [rolloutModel]: '1.0.0', 'com.example.Foreign': '2.3.4' };
  for (const [name, version] of [...Object.entries(before), [rolloutModel, '2.0.0'] as const]) {
    await greengrass.send(new CreateComponentVersionCommand({ inlineRecipe: recipeOf(name, version) }));
  }
  await stack.greengrassService.settled();
  const devices = new Map<string, ProtocolDevice>();
  for (const [group, things] of Object.entries(rolloutGroups)) {
    stack.registry.createGroup(group, undefined, new Date());
    for (const thing of things) {
      stack.registry.createThing(thing, {});
      stack.registry.addToGroup(thing, group);
      devices.set(
        thing,
        await startProtocolDevice({
          broker: broker.url,
          thing,
          fleet: rolloutFleet,
          running: before,
          ...tempers[thing],
        }),
      );
    }
    const components = Object.fromEntries(
      Object.entries(before).map(([name, componentVersion]) => [name, { componentVersion }]),
    );
    await greengrass.send(
      new CreateDeploymentCommand({ targetArn: stack.registry.arn({ kind: 'group', name: group }), components }),
    );
  }
  const signal = new AbortController().signal;
  const aws = await connectRollingOut({ settings: { retryBaseMs: 1, maxAttempts: 3 }, bucket: testBucket, signal });
  onTestFinished(() => aws.close());
  const store = bucketStates(aws.documents);
  // Its time passes while the rollout waits, and only then: on a slow machine no device is silent for longer.
  let nowMs = Date.now();
  const clock = (): Date => new Date(nowMs);
  return {
    stack,
    broker: broker.url,
    aws,
    devices,
    async start(input) {
      const plan = planSchema.parse(input);
      const state = beginRollout(plan, await outlinePlan(plan, aws.fleet), aws.identity.arn, clock());
      await createState(store, state);
      return state;
    },
    async run(id) {
      const { state } = await readState(store, id);
      const { evidence, consumer } = await listen(state, { broker: broker.url }, clock);
      try {
        return await runRollout(id, {
          fleet: aws.fleet,
          store,
          observer: new Observer(aws.fleet, evidence),
          by: aws.identity.arn,
          clock,
          async wait(ms) {
            await delay(Math.max(5, ms / SPEED));
            nowMs += ms;
          },
          pollMs: 20_000,
        });
      } finally {
        await consumer.close();
      }
    },
  };
}

function recipeOf(name: string, version: string): Buffer {
  const needs = name.startsWith('verge.model.')
    ? { ComponentDependencies: { 'verge.Runtime': { VersionRequirement: '>=1.0.0 <2.0.0', DependencyType: 'SOFT' } } }
    : {};
  return Buffer.from(
    JSON.stringify({
      RecipeFormatVersion: '2020-01-25',
      ComponentName: name,
      ComponentVersion: version,
      ...needs,
      Manifests: [{ Platform: { os: 'linux', runtime: '*' }, Lifecycle: { run: 'exec sleep infinity' } }],
    }),
  );
}

/** The plan of these groups: a canary with a gate, then the rest. */
export const rolloutPlan: PlanInput = {
  schemaVersion: 1,
  name: 'intents-2',
  fleet: rolloutFleet,
  models: { intents: '2.0.0' },
  waves: [
    {
      name: 'canary',
      group: 'canary',
      bake: '4m',
      gates: [{ metric: 'error-rate', atMost: 0.1, window: '3m', minimumSample: 50 }],
      job: {
        maximumPerMinute: 50,
        abort: [{ failureType: 'FAILED', thresholdPercentage: 50, minNumberOfExecutedThings: 5 }],
        inProgressTimeoutInMinutes: 30,
      },
    },
    { name: 'rest', group: 'rest', bake: '1m' },
  ],
  policies: { silentAfter: '30m' },
};
