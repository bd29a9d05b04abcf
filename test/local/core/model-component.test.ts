import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PersonalityName } from '../../../cloud/local/core/personality.ts';
import type { Core } from '../../../cloud/local/core/start-core.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { coreWorld, until } from '../../support/core.ts';
import { deployModel, MODEL, MODEL_COMPONENT, publishModel } from '../../support/deployed-model.ts';
import { deployRuntime, RUNTIME } from '../../support/deployed-runtime.ts';
import { expectAnotherAnswer } from '../../support/tampered-bundle.ts';
import { eventsOf, resultsOf, type Telemetry, watchTelemetry } from '../../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
let first: CompiledBundle;
let second: CompiledBundle;
/** The second version, with a golden sample that its model does not answer so. */
let bad: string;

beforeAll(() => {
  first = compileIntentsMini('--name', MODEL);
  second = compileIntentsMini('--name', MODEL, '--model-version', '1.1.0', '--reject-label', 'oos');
  bad = mkdtempSync(path.join(tmpdir(), 'verge-bad-'));
  cpSync(second.folder, bad, { recursive: true });
  expectAnotherAnswer(bad);
});
afterAll(() => {
  first.remove();
  second.remove();
  rmSync(bad, { recursive: true });
});

interface Device {
  readonly core: Core;
  readonly telemetry: Telemetry;
}

/** A core with the runtime and version 1.0.0 of the model, which serves. */
async function device(personality: PersonalityName, configuration: object = {}): Promise<Device> {
  const { core, broker } = await coreWorld(personality, { settleMs: 100 });
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  await until(core.cloud.connected);
  await publishModel(core, '1.0.0', first.folder);
  await deployRuntime(core, { fleet: place.fleet, flushWaitMs: 5, ...configuration });
  await deployModel(core, '1.0.0');
  await untilLoaded(telemetry, '1.0.0');
  return { core, telemetry };
}

function untilEvent(telemetry: Telemetry, name: string, count = 1): Promise<void> {
  return telemetry.until((messages) => eventsOf(messages).filter((event) => event.name === name).length >= count);
}

function untilLoaded(telemetry: Telemetry, version: string): Promise<void> {
  return telemetry.until((messages) =>
    eventsOf(messages).some(
      ({ name, message }) => name === 'model-loaded' && message.startsWith(`${MODEL} ${version}`),
    ),
  );
}

/** Version of the model that answered; the code where none did. */
async function answeredBy(telemetry: Telemetry, id: string): Promise<string | undefined> {
  await telemetry.classify(place, [{ id, text: `play the song ${id}` }]);
  await telemetry.until((messages) => resultsOf(messages).some(({ requestId }) => requestId === id));
  const versions = telemetry.messages.flatMap((message) => {
    if (message.stream !== 'result') return [];
    const { models, results } = message.envelope.data;
    const result = results.find(({ requestId }) => requestId === id);
    if (result === undefined) return [];
    return ['model' in result ? models[result.model]?.version : result.error.code];
  });
  return versions[0];
}

describe.each(['lite', 'java'] as const)('a model component under %s', (personality) => {
  it('serves, and its next version takes over without a restart of the runtime', async () => {
    const { core, telemetry } = await device(personality);
    const { pid } = core.component(RUNTIME);
    await publishModel(core, '1.1.0', second.folder);

    const before = await answeredBy(telemetry, 'before');
    const outcome = await deployModel(core, '1.1.0');
    await untilLoaded(telemetry, '1.1.0');
    const after = await answeredBy(telemetry, 'after');

    expect([before, outcome.status, after]).toEqual(['1.0.0', 'SUCCEEDED', '1.1.0']);
    expect(core.component(MODEL_COMPONENT).state).toBe('RUNNING');
    expect(core.component(RUNTIME)).toMatchObject({ pid, restarts: 0 });
  });

  it('is BROKEN with a version whose golden sample fails, while the old one serves throughout (facts L3, L7, G10)', async () => {
    const { core, telemetry } = await device(personality);
    await publishModel(core, '1.1.0', bad);
    const versions: (string | undefined)[] = [];
    let isOver = false;

    const refused = core.deploy({ components: { [MODEL_COMPONENT]: { version: '1.1.0' } } }).then(async (outcome) => {
      if (personality === 'lite') await until(() => core.component(MODEL_COMPONENT).state === 'BROKEN');
      isOver = true;
      return outcome;
    });
    while (!isOver) versions.push(await answeredBy(telemetry, `n${versions.length}`));
    const outcome = await refused;
    versions.push(await answeredBy(telemetry, 'after'));

    const { state, recipe } = core.component(MODEL_COMPONENT);
    if (personality === 'java') {
      expect(outcome).toMatchObject({ status: 'FAILED', rolledBack: true, reason: expect.stringContaining('BROKEN') });
      expect([recipe.version, state]).toEqual(['1.0.0', 'RUNNING']);
    } else {
      expect([recipe.version, state]).toEqual(['1.1.0', 'BROKEN']);
    }
    expect(new Set(versions)).toEqual(new Set(['1.0.0']));
    const refusals = eventsOf(telemetry.messages).filter(({ name }) => name === 'model-refused');
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('BUNDLE_GOLDEN_FAILED'));
    expect(core.component(RUNTIME).restarts).toBe(0);
  });

  it('need not be asked again after kill -9 of the runtime: the last good version serves (fact L3)', async () => {
    const { core, telemetry } = await device(personality);
    await publishModel(core, '1.1.0', second.folder);
    await deployModel(core, '1.1.0');
    await untilLoaded(telemetry, '1.1.0');

    core.component(RUNTIME).kill('SIGKILL');
    await untilEvent(telemetry, 'runtime-started', 2);

    expect(await answeredBy(telemetry, 'after')).toBe('1.1.0');
    expect(core.component(MODEL_COMPONENT)).toMatchObject({ state: 'RUNNING', restarts: 0 });
  });

  it('takes its model with it when it is removed (facts L1, L9)', async () => {
    const { core, telemetry } = await device(personality, { modelReleaseSeconds: 1 });

    await core.deploy({ remove: [MODEL_COMPONENT] });
    await untilEvent(telemetry, 'model-unloaded');

    expect(await answeredBy(telemetry, 'after')).toBe('SOURCE_MODEL_UNKNOWN');
  });
});
