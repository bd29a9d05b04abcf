import { ListEffectiveDeploymentsCommand } from '@aws-sdk/client-greengrassv2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isFinal } from '../../../cloud/local/iot/jobs.ts';
import type { ReadMessage } from '../../../component/contract/read-message.ts';
import { until } from '../../support/core.ts';
import { type PlaneStack, startPlaneStack } from '../../support/device-plane.ts';
import { deployTo, register, whenOver, whenReported } from '../../support/joined-core.ts';
import { startTestFleet } from '../../support/simulated-fleet.ts';
import { eventsOf, resultsOf, type Telemetry, watchTelemetry } from '../../support/telemetry.ts';

const RUNTIME = 'verge.Runtime';
const MODEL = 'verge.model.intents';
const installed = { [RUNTIME]: '0.1.0', [MODEL]: '1.0.0' };

async function startStack(): Promise<PlaneStack> {
  const stack = await startPlaneStack();
  await register(stack, RUNTIME, { version: '0.1.0' });
  const dependencies = { [RUNTIME]: { VersionRequirement: '>=0.1.0 <1.0.0', DependencyType: 'SOFT' } };
  for (const version of ['1.0.0', '1.1.0']) await register(stack, MODEL, { version, dependencies });
  return stack;
}

async function watch(stack: PlaneStack): Promise<Telemetry> {
  const telemetry = await watchTelemetry(stack.broker.url);
  onTestFinished(() => telemetry.close());
  return telemetry;
}

function statsOf(messages: readonly ReadMessage[]) {
  return messages.flatMap((message) => (message.stream === 'stats' ? [message.envelope.data] : []));
}

function healthOf(messages: readonly ReadMessage[]) {
  return messages.flatMap((message) => (message.stream === 'health' ? [message.envelope.data] : []));
}

function allOver(stack: PlaneStack, jobId: string): Promise<void> {
  return until(() => stack.iotJobs.executionsOf(jobId).every(({ status }) => isFinal(status)));
}

describe('a simulated fleet', () => {
  it.each([true, false])('takes deployments and says what its runtime would, by TLS: %s (D1 to D5)', async (byTls) => {
    const stack = await startStack();
    const telemetry = await watch(stack);
    const fleet = await startTestFleet(stack, { count: 3, byTls, resultsPerBeat: 5 });

    const jobId = await deployTo(stack, 'ovens', { [MODEL]: '1.0.0' });
    await allOver(stack, jobId);
    await telemetry.until((messages) => eventsOf(messages).filter(({ name }) => name === 'model-loaded').length === 3);
    await fleet.beat();
    await telemetry.until((messages) => resultsOf(messages).length === 15);
    const reported = await whenReported(stack, [`${RUNTIME} 0.1.0 RUNNING`, `${MODEL} 1.0.0 RUNNING`], 'oven-2');

    expect(stack.iotJobs.executionsOf(jobId).map(({ status }) => status)).toEqual(Array(3).fill('SUCCEEDED'));
    expect(reported).toHaveLength(2);
    expect(healthOf(telemetry.messages).at(-1)?.models).toMatchObject([{ name: 'intents', version: '1.0.0' }]);
    expect(fleet.cost().asked).toBe(5); // groups of three devices, and two candidates for all
  });

  it('keeps the model before where golden samples fail, and puts the version back under Java alone (L3)', async () => {
    const stack = await startStack();
    const telemetry = await watch(stack);
    const fleet = await startTestFleet(stack, {
      count: 2,
      installed,
      personality: (thing) => (thing === 'oven-1' ? 'java' : 'lite'),
      behaviour: (_thing, { [MODEL]: version }) => (version === '1.1.0' ? { deployment: 'model-refused' } : {}),
    });

    const jobId = await deployTo(stack, 'ovens', { [MODEL]: '1.1.0' });
    await allOver(stack, jobId);
    await telemetry.until((messages) => eventsOf(messages).filter(({ name }) => name === 'model-refused').length === 2);
    const java = await whenReported(stack, [`${RUNTIME} 0.1.0 RUNNING`, `${MODEL} 1.0.0 RUNNING`], 'oven-1');
    const lite = await whenReported(stack, [`${RUNTIME} 0.1.0 RUNNING`, `${MODEL} 1.1.0 BROKEN`], 'oven-2');
    await fleet.beat();
    await telemetry.until((messages) => statsOf(messages).length === 2);
    const input = { coreDeviceThingName: 'oven-1' };
    const { effectiveDeployments } = await stack.greengrass().send(new ListEffectiveDeploymentsCommand(input));

    expect(stack.iotJobs.executionsOf(jobId).map(({ status }) => status)).toEqual(['FAILED', 'FAILED']);
    expect([...java, ...lite]).toHaveLength(4);
    expect(statsOf(telemetry.messages).map(({ model }) => model.version)).toEqual(['1.0.0', '1.0.0']);
    expect(eventsOf(telemetry.messages).find(({ name }) => name === 'model-refused')?.code).toBe(
      'BUNDLE_GOLDEN_FAILED',
    );
    expect(effectiveDeployments).toMatchObject([{ reason: `${MODEL} 1.1.0 is BROKEN` }]);
  });

  it('breaks on what does not install', async () => {
    const stack = await startStack();
    await startTestFleet(stack, { count: 1, behaviour: () => ({ deployment: 'install-fails' }) });

    const { status } = await whenOver(stack, await deployTo(stack, 'ovens', { [MODEL]: '1.0.0' }));
    const reported = await whenReported(stack, [`${RUNTIME} 0.1.0 RUNNING`, `${MODEL} 1.0.0 BROKEN`]);

    expect(status).toBe('FAILED');
    expect(reported).toHaveLength(2);
  });

  it('has devices that are offline, silent, slow or mute, and others that are none of it', async () => {
    const stack = await startStack();
    const telemetry = await watch(stack);
    const kinds = {
      'oven-1': { isOnline: false },
      'oven-2': { speaks: false },
      'oven-3': { deploymentMs: 3_600_000 },
      'oven-4': { reportsJobs: false },
    };
    const fleet = await startTestFleet(stack, {
      count: 5,
      installed,
      behaviour: (thing) => new Map<string, object>(Object.entries(kinds)).get(thing) ?? {},
    });

    const jobId = await deployTo(stack, 'ovens', { [MODEL]: '1.1.0' });
    await whenOver(stack, jobId, 'oven-2');
    await whenOver(stack, jobId, 'oven-5');
    await until(() => stack.iotJobs.executionsOf(jobId).filter(({ status }) => status === 'QUEUED').length === 1);
    await fleet.beat();
    await telemetry.until((messages) => statsOf(messages).length === 3);
    const speakers = telemetry.messages.flatMap(({ stream, place }) => (stream === 'stats' ? [place.thing] : []));

    expect(stack.iotJobs.executionsOf(jobId).map(({ thing, status }) => `${thing} ${status}`)).toEqual([
      'oven-1 QUEUED',
      'oven-2 SUCCEEDED',
      'oven-3 IN_PROGRESS',
      'oven-4 IN_PROGRESS',
      'oven-5 SUCCEEDED',
    ]);
    expect(speakers.toSorted()).toEqual(['oven-3', 'oven-4', 'oven-5']);
  });

  it('compares a new version with the one before, in numbers that the behaviour gives', async () => {
    const stack = await startStack();
    const telemetry = await watch(stack);
    const fleet = await startTestFleet(stack, {
      count: 1,
      installed,
      behaviour: (_thing, { [MODEL]: version }) =>
        version === '1.1.0' ? { agreement: 0.7, latencyMs: 9, errorRate: 0.1 } : {},
    });

    await fleet.beat();
    await whenOver(stack, await deployTo(stack, 'ovens', { [MODEL]: '1.1.0' }));
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'model-loaded'));
    await fleet.beat();
    await telemetry.until((messages) => statsOf(messages).length === 2);
    const [before, after] = statsOf(telemetry.messages);
    const health = healthOf(telemetry.messages);

    expect(before?.challenger).toBeUndefined();
    expect(after).toMatchObject({
      model: { version: '1.1.0' },
      challenger: { model: { version: '1.0.0' }, agreement: 0.7 },
    });
    expect(health.at(-1)).toMatchObject({ latencyMs: { p50: 9, p90: 18 }, counts: { answered: 190, failed: 10 } });
  });

  it('deploys a challenger beside the model that serves', async () => {
    const stack = await startStack();
    const telemetry = await watch(stack);
    const fleet = await startTestFleet(stack, { count: 1, installed });

    const merge = { role: 'challenger' };
    await whenOver(stack, await deployTo(stack, 'ovens', { [MODEL]: '1.1.0' }, { merge }));
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'model-loaded'));
    await fleet.beat();
    await telemetry.until((messages) => statsOf(messages).length === 1);

    expect(statsOf(telemetry.messages)).toMatchObject([
      { model: { version: '1.0.0' }, challenger: { model: { version: '1.1.0' } } },
    ]);
  });

  it('repeats and reorders messages where it is told to', async () => {
    const stack = await startStack();
    const telemetry = await watch(stack);
    const fleet = await startTestFleet(stack, {
      count: 1,
      installed,
      behaviour: () => ({ duplicates: true, reorders: true }),
    });

    for (let beat = 0; beat < 3; beat++) await fleet.beat();
    await telemetry.until((messages) => messages.length >= 12);
    const stats = statsOf(telemetry.messages).map(({ seq }) => seq);

    expect(stats).toEqual([1, 1, 2, 2, 3, 3]);
    // Birth is an event and a health message: of the pair the second comes first.
    expect(telemetry.messages.slice(0, 3).map(({ stream }) => stream)).toEqual(['health', 'health', 'event']);
  });

  it('carries out after a partition what was deployed meanwhile', async () => {
    const stack = await startStack();
    const fleet = await startTestFleet(stack, { count: 2, installed });
    await fleet.device('oven-2').disconnect();

    const jobId = await deployTo(stack, 'ovens', { [MODEL]: '1.1.0' });
    await whenOver(stack, jobId, 'oven-1');
    const meanwhile = stack.iotJobs.executionsOf(jobId).map(({ status }) => status);
    await fleet.device('oven-2').reconnect();
    const after = await whenOver(stack, jobId, 'oven-2');

    expect(meanwhile).toEqual(['SUCCEEDED', 'QUEUED']);
    expect(after.status).toBe('SUCCEEDED');
  });

  it('takes 500 devices through a deployment in one process', async () => {
    const stack = await startStack();
    const fleet = await startTestFleet(stack, { count: 500, installed });

    const jobId = await deployTo(stack, 'ovens', { [MODEL]: '1.1.0' });
    await allOver(stack, jobId);
    await fleet.beat();
    const statuses = new Set(stack.iotJobs.executionsOf(jobId).map(({ status }) => status));
    const { sent, asked } = fleet.cost();

    expect([...statuses]).toEqual(['SUCCEEDED']);
    // Status, two of birth, two of the job, and at most: the question for jobs, status again, an event, a beat of two.
    expect(sent).toBeGreaterThanOrEqual(500 * 8);
    expect(sent).toBeLessThanOrEqual(500 * 10);
    expect(asked).toBe(501);
  });
});
