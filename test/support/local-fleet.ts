import { setTimeout as delay } from 'node:timers/promises';
import { CreateDeploymentCommand } from '@aws-sdk/client-greengrassv2';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { connectPublishing } from '../../cloud/aws/publishing.ts';
import { connectRollingOut } from '../../cloud/aws/rolling-out.ts';
import { carryOut } from '../../cloud/publish/carry-out.ts';
import { planPublication } from '../../cloud/publish/plan.ts';
import { modelPublication } from '../../cloud/publish/publication-of.ts';
import { beginRollout } from '../../cloud/rollout/machine/begin.ts';
import { outlinePlan } from '../../cloud/rollout/plan/outline.ts';
import { type PlanInput, planSchema } from '../../cloud/rollout/plan/plan-schema.ts';
import { bucketStates } from '../../cloud/rollout/run/bucket-states.ts';
import { listen } from '../../cloud/rollout/run/listen.ts';
import { Observer } from '../../cloud/rollout/run/observe.ts';
import { runRollout } from '../../cloud/rollout/run/run-rollout.ts';
import { createState } from '../../cloud/rollout/run/state-store.ts';
import type { RolloutState } from '../../cloud/rollout/state.ts';
import { openBundle } from '../../component/models/open-bundle.ts';
import { accessControlFor } from '../../recipes/access-control.ts';
import { testCredentials, testRegion } from './aws-stack.ts';
import { type PlaneStack, startPlaneStack } from './device-plane.ts';
import { joinTestCore, register, whenOver } from './joined-core.ts';
import { repositoryPath } from './paths.ts';
import { testBucket } from './publishing.ts';
import { scratchFolder } from './scratch.ts';
import { resultsOf, type Telemetry, watchTelemetry } from './telemetry.ts';

export const localFleet = 'bakeries';
/** Version that published models ask for. */
const RUNTIME_VERSION = '0.1.0';

export interface LocalFleet {
  readonly stack: PlaneStack;
  readonly telemetry: Telemetry;
  /** Publishes a bundle as `verge publish` does. */
  readonly publish: (folder: string) => Promise<void>;
  readonly rollOut: (plan: PlanInput) => Promise<RolloutState>;
}

/** Real local cores of both nuclei in groups, each with the built runtime, joined to the stood-in cloud. */
export async function startLocalFleet(groups: Readonly<Record<string, readonly string[]>>): Promise<LocalFleet> {
  const stack = await startPlaneStack();
  await stack
    .s3()
    .send(
      new CreateBucketCommand({ Bucket: testBucket, CreateBucketConfiguration: { LocationConstraint: testRegion } }),
    );
  const telemetry = await watchTelemetry(stack.broker.url);
  onTestFinished(() => telemetry.close());
  const settings = {
    fleet: localFleet,
    heartbeatSeconds: 1,
    statsSeconds: 1,
    challengerShare: 1,
    flushWaitMs: 5,
    driftMinTexts: 20,
  };
  await register(stack, 'verge.Runtime', {
    version: RUNTIME_VERSION,
    lifecycle: { run: `exec ${process.execPath} ${repositoryPath('dist/component/main.js')}` },
    configuration: { accessControl: accessControlFor('verge.Runtime'), ...settings },
  });
  let nucleus = 0;
  for (const [group, things] of Object.entries(groups)) {
    for (const thing of things) {
      await joinTestCore(stack, nucleus % 2 === 0 ? 'java' : 'lite', [group], { thing });
      nucleus += 1;
    }
    const targetArn = stack.registry.arn({ kind: 'group', name: group });
    const components = { 'verge.Runtime': { componentVersion: RUNTIME_VERSION } };
    const { iotJobId = '' } = await stack.greengrass().send(new CreateDeploymentCommand({ targetArn, components }));
    for (const thing of things) await whenOver(stack, iotJobId, thing);
  }
  const signal = new AbortController().signal;
  const aws = { endpoint: stack.url, region: testRegion, credentials: testCredentials };
  const publishing = await connectPublishing({ settings: aws, bucket: testBucket, kmsKey: undefined, signal });
  onTestFinished(() => publishing.close());
  const rolling = await connectRollingOut({ settings: aws, bucket: testBucket, signal });
  onTestFinished(() => rolling.close());
  const store = bucketStates(rolling.documents);
  const clock = (): Date => new Date();
  return {
    stack,
    telemetry,
    async publish(folder) {
      const handOverFile = repositoryPath('dist/component/hand-over.mjs');
      const publication = await modelPublication(await openBundle(folder), {
        handOverFile,
        workFolder: scratchFolder(),
      });
      const wait = (): Promise<void> => stack.greengrassService.settled();
      const parts = {
        store: publishing.store,
        registry: publishing.registry,
        prefix: 'verge/',
        kmsKey: undefined,
        wait,
      };
      await carryOut(publication, await planPublication(publication, parts), parts);
    },
    async rollOut(input) {
      const plan = planSchema.parse(input);
      const outline = await outlinePlan(plan, rolling.fleet);
      if (outline.problems.length > 0) throw new Error(JSON.stringify(outline.problems));
      const state = beginRollout(plan, outline, rolling.identity.arn, clock());
      await createState(store, state);
      const { evidence, consumer } = await listen(state, { broker: stack.broker.url }, clock);
      try {
        return await runRollout(state.id, {
          fleet: rolling.fleet,
          store,
          observer: new Observer(rolling.fleet, evidence),
          by: rolling.identity.arn,
          clock,
          wait: (ms) => delay(ms),
          pollMs: 300,
        });
      } finally {
        await consumer.close();
      }
    },
  };
}

export interface TextFlow {
  /** Ends it, and resolves with the ids that were sent and those that were answered, once each is through. */
  stop(): Promise<{ readonly sent: readonly string[]; readonly answered: readonly string[] }>;
}

/** Sends every thing a text, again and again, each text another. */
export function flowTexts(
  { telemetry }: LocalFleet,
  things: readonly string[],
  name: string,
  texts: readonly string[],
): TextFlow {
  const sent: string[] = [];
  let going = true;
  const flow = (async () => {
    for (let round = 0; going; round += 1) {
      for (const thing of things) {
        const id = `${name}-${thing}-${round}`;
        const text = `${texts[round % texts.length]} ${round}`;
        sent.push(id);
        await telemetry.classify({ fleet: localFleet, thing }, [{ id, text }]);
      }
      await delay(60);
    }
  })();
  return {
    async stop() {
      going = false;
      await flow;
      const wanted = new Set(sent);
      const own = (): string[] =>
        resultsOf(telemetry.messages).flatMap((result) =>
          'label' in result && wanted.has(result.requestId) ? [result.requestId] : [],
        );
      await telemetry.until(() => new Set(own()).size === wanted.size);
      return { sent, answered: own() };
    },
  };
}
