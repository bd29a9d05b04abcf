import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../../../cloud/local/broker/broker.ts';
import type { Core } from '../../../cloud/local/core/start-core.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { coreWorld, until } from '../../support/core.ts';
import { deployRuntime, RUNTIME, reconfigureRuntime } from '../../support/deployed-runtime.ts';
import { eventsOf, resultsOf, statesOf, type Telemetry, watchTelemetry } from '../../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
let bundle: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini();
});
afterAll(() => bundle.remove());

interface Device {
  readonly core: Core;
  readonly broker: Broker;
  readonly telemetry: Telemetry;
}

async function device(personality: 'lite' | 'java'): Promise<Device> {
  const { core, broker } = await coreWorld(personality, { settleMs: 100 });
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  await until(core.cloud.connected);
  await deployRuntime(core, { fleet: place.fleet, models: [bundle.folder], flushWaitMs: 5 });
  await untilStarted(telemetry, 1);
  return { core, broker, telemetry };
}

/** Resolves when so many lives of the runtime have reported that they serve. */
function untilStarted(telemetry: Telemetry, count: number): Promise<void> {
  return telemetry.until(
    (messages) => eventsOf(messages).filter(({ name }) => name === 'runtime-started').length >= count,
  );
}

async function answer(telemetry: Telemetry, id: string): Promise<ReturnType<typeof resultsOf>[number] | undefined> {
  await telemetry.classify(place, [{ id, text: `play the song ${id}` }]);
  const find = (messages: Telemetry['messages']): ReturnType<typeof resultsOf> =>
    resultsOf(messages).filter(({ requestId }) => requestId === id);
  await telemetry.until((messages) => find(messages).length > 0);
  return find(telemetry.messages)[0];
}

describe.each(['lite', 'java'] as const)('the runtime as a component under %s', (personality) => {
  it('takes its settings from the nucleus, serves, reports itself running, and drains when it is removed', async () => {
    const { core, telemetry } = await device(personality);

    const result = await answer(telemetry, 'a');
    await core.deploy({ remove: [RUNTIME] });

    await telemetry.until((messages) => statesOf(messages).includes('stopped'));
    expect(result).toMatchObject({ requestId: 'a', label: 'play_music' });
    expect(core.reports).toEqual([{ component: RUNTIME, state: 'RUNNING' }]);
  });

  it('finds out which nucleus is around it (facts I1, L6)', async () => {
    const { core } = await device(personality);

    const line = JSON.parse(await core.component(RUNTIME).log.until('"nucleus"'));

    const isJava = personality === 'java';
    expect(line).toMatchObject({ nucleus: personality, can: { 'component-updates': isJava } });
  });

  it('comes back after kill -9', async () => {
    const { core, telemetry } = await device(personality);

    core.component(RUNTIME).kill('SIGKILL');
    await untilStarted(telemetry, 2);

    expect(await answer(telemetry, 'b')).toMatchObject({ label: 'play_music' });
    expect(core.component(RUNTIME).restarts).toBe(1);
  });

  it('survives an IPC daemon that restarts and knows it still', async () => {
    const { core, telemetry } = await device(personality);

    await core.ipc.restart();
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'link-restored'));

    expect(await answer(telemetry, 'c')).toMatchObject({ label: 'play_music' });
    expect(core.component(RUNTIME).restarts).toBe(0);
  });

  it('sends again what it got no answer for, under the same id (fact I2)', async () => {
    const { core, telemetry } = await device(personality);
    core.ipc.faults.drop({ operation: 'PublishToIoTCore', when: 'after' });

    const result = await answer(telemetry, 'i');
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'link-restored'));
    await answer(telemetry, 'j');

    const resultIds = telemetry.messages.flatMap(({ stream, envelope }) => (stream === 'result' ? [envelope.id] : []));
    expect(result).toMatchObject({ label: 'play_music' });
    expect(resultIds.length).toBe(3);
    expect(new Set(resultIds).size).toBe(2);
  });

  it('reports itself in error and ends with code 2 when a model is not there (fact G10)', async () => {
    const { core } = await coreWorld(personality, { settleMs: 100 });
    await until(core.cloud.connected);

    await deployRuntime(core, { fleet: place.fleet, models: ['/nowhere'], drainTimeoutMs: 100 });
    await until(() => core.component(RUNTIME).state === 'BROKEN');

    expect(core.reports[0]).toEqual({ component: RUNTIME, state: 'ERRORED' });
    expect(core.component(RUNTIME).lastExit).toBe(2);
  });

  it('ends once, for a new token, when the daemon refuses the old one (fact L7)', async () => {
    const { core, telemetry } = await device(personality);
    await reconfigureRuntime(core, { drainTimeoutMs: 500 });
    if (personality === 'lite') await untilStarted(telemetry, 2); // fact L8
    const startsBefore = eventsOf(telemetry.messages).filter(({ name }) => name === 'runtime-started').length;

    await core.ipc.restart({ forgetTokens: true });
    await untilStarted(telemetry, startsBefore + 1);

    expect(await answer(telemetry, 'd')).toMatchObject({ label: 'play_music' });
    expect(core.component(RUNTIME).restarts).toBe(1);
  });
});

describe('the runtime as a component under the Java nucleus', () => {
  it('takes some settings while it serves, and begins anew in its process for others (fact G6)', async () => {
    const { core, telemetry } = await device('java');
    const { pid } = core.component(RUNTIME);
    const changed = (key: string): Promise<string> => core.component(RUNTIME).log.until(`"settings":["${key}"]`);

    await reconfigureRuntime(core, { includeText: true });
    await changed('includeText');
    const live = await answer(telemetry, 'e');
    await reconfigureRuntime(core, { runnersUp: 1 });
    await untilStarted(telemetry, 2);
    const anew = await answer(telemetry, 'f');

    expect(live).toMatchObject({ text: 'play the song e', runnersUp: [{}, {}] });
    expect(anew).toMatchObject({ text: 'play the song f', runnersUp: [{}] });
    expect(core.component(RUNTIME).pid).toBe(pid);
  });

  it('begins to send texts for labelling while it serves (fact G6)', async () => {
    const { core, telemetry } = await device('java');

    await reconfigureRuntime(core, { captureShare: 1, captureRedact: ['song'] });
    await core.component(RUNTIME).log.until('"captureShare"');
    await answer(telemetry, 'e');
    await telemetry.until((messages) => messages.some(({ stream }) => stream === 'sample'));

    const sample = telemetry.messages.find(({ stream }) => stream === 'sample');
    expect(sample?.envelope.data).toMatchObject({ requestId: 'e', text: 'play the [redacted] e', reason: 'sampled' });
    expect(eventsOf(telemetry.messages).filter(({ name }) => name === 'runtime-started')).toHaveLength(1);
  });

  it('has a wrong configuration rejected before it is deployed (fact L6)', async () => {
    const { core, telemetry } = await device('java');

    const outcome = await reconfigureRuntime(core, { messageBytes: 5 });

    expect(outcome).toMatchObject({ status: 'FAILED', reason: expect.stringContaining('messageBytes') });
    expect(await answer(telemetry, 'g')).toMatchObject({ label: 'play_music' });
  });
});

describe('the runtime as a component under lite', () => {
  it('keeps the last good configuration when a wrong one is deployed, and says so (facts L3, L8)', async () => {
    const { core, telemetry } = await device('lite');

    await reconfigureRuntime(core, { messageBytes: 5 });
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'configuration-invalid'));
    const result = await answer(telemetry, 'h');

    const event = eventsOf(telemetry.messages).find(({ name }) => name === 'configuration-invalid');
    expect(event).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('messageBytes') });
    expect(result).toMatchObject({ label: 'play_music' });
    expect(core.component(RUNTIME).state).toBe('RUNNING');
  });
});
