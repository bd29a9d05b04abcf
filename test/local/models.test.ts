import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import { type CompiledBundle, compileIntentsMini } from '../support/compiled-bundle.ts';
import { ModelComponent } from '../support/model-component.ts';
import { repositoryPath } from '../support/paths.ts';
import { type RuntimeProcess, startRuntime } from '../support/runtime-process.ts';
import { changeManifest, expectAnotherAnswer, flipByte } from '../support/tampered-bundle.ts';
import { eventsOf, resultsOf, type Telemetry, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
let first: CompiledBundle;
let second: CompiledBundle;

beforeAll(() => {
  first = compileIntentsMini();
  second = compileIntentsMini('--model-version', '1.1.0', '--reject-label', 'oos');
});
afterAll(() => {
  first.remove();
  second.remove();
});

interface World {
  readonly telemetry: Telemetry;
  readonly device: RuntimeProcess;
  component(bundle: CompiledBundle): ModelComponent;
}

async function world(more: Partial<SettingsInput> = {}): Promise<World> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  const device = startRuntime({ ...place, brokerUrl: broker.url, flushWaitMs: 5, ...more });
  onTestFinished(() => device.remove());
  await device.whenReady();
  return { telemetry, device, component: ({ folder }) => new ModelComponent(device.workFolder, folder) };
}

/** The versions that answered, as results name them. */
async function answeredBy({ telemetry }: World, id: string): Promise<string> {
  await telemetry.classify(place, [{ id, text: 'wake me at seven' }]);
  await telemetry.until((messages) => resultsOf(messages).some(({ requestId }) => requestId === id));
  for (const message of telemetry.messages) {
    if (message.stream !== 'result') continue;
    const { models, results } = message.envelope.data;
    const result = results.find(({ requestId }) => requestId === id);
    if (result) return 'model' in result ? (models[result.model]?.version ?? '?') : result.error.code;
  }
  return '?';
}

describe('a model handed over by its component', () => {
  it('serves, and a later version takes its place while texts flow and none is lost', async () => {
    const here = await world({ engineQueueTexts: 32 });
    const loaded = await here.component(first).handOver();
    let asked = 0;
    const ask = (): Promise<void> => {
      const texts = Array.from({ length: 100 }, (_, index) => {
        return { id: `n${asked + index}`, text: `play song ${asked + index}` };
      });
      asked += texts.length;
      return here.telemetry.classify(place, texts);
    };
    const answered = (count: number): Promise<void> =>
      here.telemetry.until((messages) => resultsOf(messages).length >= count);

    for (let command = 0; command < 10; command++) await ask();
    await answered(101);
    let isSwapped = false;
    const swapping = here
      .component(second)
      .handOver()
      .finally(() => {
        isSwapped = true;
      });
    // Some wait at any moment of the swap, however long it takes.
    while (!isSwapped) {
      await answered(asked - 500);
      await ask();
    }
    const swapped = await swapping;
    for (let command = 0; command < 10; command++) await ask();
    await answered(asked);

    expect([loaded.code, swapped.code]).toEqual([0, 0]);
    expect(swapped.words).toContain('swapped');
    const results = resultsOf(here.telemetry.messages);
    expect(new Set(results.map(({ requestId }) => requestId)).size).toBe(asked);
    expect(results).toHaveLength(asked);
    expect(results.every((result) => 'label' in result)).toBe(true);
    const versions = here.telemetry.messages.flatMap((message) =>
      message.stream === 'result' ? message.envelope.data.models.map(({ version }) => version) : [],
    );
    expect(new Set(versions)).toEqual(new Set(['1.0.0', '1.1.0']));
  });

  it('is taken once, however often it is offered', async () => {
    const here = await world();
    const component = here.component(first);

    const outcomes = [await component.handOver(), await component.handOver()];

    expect(outcomes).toMatchObject([
      { code: 0, words: expect.stringContaining('loaded') },
      { code: 0, words: expect.stringContaining('unchanged') },
    ]);
  });

  it.each<[string, (bundle: string) => void, string]>([
    ['a changed byte', (bundle) => flipByte(path.join(bundle, 'model.bin')), 'BUNDLE_FILE_DIGEST'],
    ['a golden sample that fails', expectAnotherAnswer, 'BUNDLE_GOLDEN_FAILED'],
    [
      'a manifest that is none',
      (bundle) => writeFileSync(path.join(bundle, 'manifest.json'), '{'),
      'BUNDLE_MANIFEST_NOT_JSON',
    ],
    [
      'a newer runtime to wish for',
      (bundle) => changeManifest(bundle, (manifest) => ({ ...manifest, requires: { runtime: '99.0.0' } })),
      'MODEL_RUNTIME_TOO_OLD',
    ],
  ])(
    'is refused with %s: the helper ends with 2, the cloud hears why, and the old version serves on',
    async (_what, damage, code) => {
      const here = await world();
      await here.component(first).handOver();
      const component = here.component(second);
      damage(component.bundle);

      const outcome = await component.handOver();
      await here.telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'model-refused'));

      expect(outcome).toMatchObject({ code: 2, words: expect.stringContaining(code) });
      expect(eventsOf(here.telemetry.messages).find(({ name }) => name === 'model-refused')?.code).toBe(code);
      expect(await answeredBy(here, 'after')).toBe('1.0.0');
      expect(readdirSync(path.join(here.device.workFolder, 'models', 'intents-mini'))).toHaveLength(2); // it and current.json
    },
  );

  it('is refused where memory does not suffice, with what it takes and what there is', async () => {
    const here = await world({ modelMemoryBytes: 20 * 1024 * 1024 });

    const outcome = await here.component(first).handOver();

    expect(outcome).toMatchObject({ code: 2, words: expect.stringMatching(/MiB.*MODEL_MEMORY/s) });
  });

  it('does not step back in version unless that is asked for', async () => {
    const here = await world();
    await here.component(second).handOver();
    const older = here.component(first);

    const refused = await older.handOver();
    const allowed = await older.handOver('--downgrade', 'allow');

    expect(refused).toMatchObject({ code: 2, words: expect.stringContaining('MODEL_DOWNGRADE') });
    expect(allowed).toMatchObject({ code: 0, words: expect.stringContaining('swapped') });
    expect(await answeredBy(here, 'after')).toBe('1.0.0');
  });

  it('comes up again after kill -9, without its component', async () => {
    const here = await world();
    await here.component(first).handOver();
    await here.component(second).handOver();

    const again = await here.device.restart();
    onTestFinished(() => again.remove());
    await again.whenReady();

    expect(await answeredBy(here, 'after')).toBe('1.1.0');
  });

  it('is told of, and does not keep the runtime down, when its copy was damaged', async () => {
    const here = await world();
    const component = here.component(first);
    await component.handOver();
    const shelf = path.join(here.device.workFolder, 'models', 'intents-mini');
    const [digest = ''] = readdirSync(shelf).filter((entry) => entry !== 'current.json');
    flipByte(path.join(shelf, digest, 'model.bin'));

    const again = await here.device.restart();
    onTestFinished(() => again.remove());
    await again.whenReady();
    await here.telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'model-refused'));
    const outcome = await component.handOver();

    expect(eventsOf(here.telemetry.messages).find(({ name }) => name === 'model-refused')?.code).toBe(
      'BUNDLE_FILE_DIGEST',
    );
    expect(outcome).toMatchObject({ code: 0, words: expect.stringContaining('loaded') });
    expect(await answeredBy(here, 'after')).toBe('1.0.0');
  });

  it('leaves with its component, and not with an update of it', async () => {
    const here = await world({ modelReleaseSeconds: 3 });
    const component = here.component(first);
    await component.handOver();

    await component.release();
    await component.handOver();
    const afterUpdate = await answeredBy(here, 'after-update');
    await component.release();
    await here.telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'model-unloaded'));

    expect(afterUpdate).toBe('1.0.0');
    expect(await answeredBy(here, 'after-removal')).toBe('SOURCE_MODEL_UNKNOWN');
    expect(existsSync(path.join(here.device.workFolder, 'models', 'intents-mini'))).toBe(false);
  });

  it('is compared as a challenger on the same texts, and answers none', async () => {
    const here = await world({ challengerShare: 1 });
    await here.component(first).handOver();

    const outcome = await here.component(second).handOver('--role', 'challenger');

    expect(outcome.code).toBe(0);
    expect(await answeredBy(here, 'after')).toBe('1.0.0');
  });

  it('must be signed where the device has a public key', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-key-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const keyFile = path.join(folder, 'key.pem');
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const here = await world({ modelPublicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() });
    const component = here.component(first);

    const unsigned = await component.handOver();
    execFileSync(process.execPath, [repositoryPath('dist/cloud/verge.js'), 'sign', component.bundle, '--key', keyFile]);
    const signed = await component.handOver();
    const again = await here.device.restart();
    onTestFinished(() => again.remove());
    await again.whenReady();

    expect(unsigned).toMatchObject({ code: 2, words: expect.stringContaining('SIGNATURE_MISSING') });
    expect(signed).toMatchObject({ code: 0 });
    expect(await answeredBy(here, 'after')).toBe('1.0.0');
  });

  it('waits for a runtime that is starting, and says so when there is none', async () => {
    const here = await world();
    const component = here.component(first);
    here.device.child.kill('SIGTERM');
    await here.device.ended;

    component.reachMs = 1000;
    const alone = await component.handOver();
    component.reachMs = 60_000;
    const waiting = component.handOver();
    const again = await here.device.restart();
    onTestFinished(() => again.remove());

    expect(alone).toMatchObject({ code: 1, words: expect.stringContaining('not reached') });
    expect(await waiting).toMatchObject({ code: 0 });
  });
});

describe('the helper', () => {
  it('is a few kilobytes', () => {
    expect(readFileSync(new URL('../../dist/component/hand-over.mjs', import.meta.url)).length).toBeLessThan(5000);
  });
});
