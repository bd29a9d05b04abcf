import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readDataset } from '../../cloud/dataset/read-dataset.ts';
import { type Broker, startBroker } from '../../cloud/local/broker/broker.ts';
import type { GoldenSample, Manifest } from '../../component/contract/manifest.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import { type CompiledBundle, compileIntentsMini, intentsMiniSamples } from '../support/compiled-bundle.ts';
import { tempFolder } from '../support/disk-outbox.ts';
import { type RuntimeProcess, startRuntime } from '../support/runtime-process.ts';
import { expectAnotherAnswer } from '../support/tampered-bundle.ts';
import { eventsOf, resultsOf, statesOf, type Telemetry, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
let bundle: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini('--reject-label', 'oos');
});
afterAll(() => bundle.remove());

async function broker(): Promise<Broker> {
  const started = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => started.close());
  return started;
}

async function watch(url: string): Promise<Telemetry> {
  const telemetry = await watchTelemetry(url);
  onTestFinished(() => telemetry.close());
  return telemetry;
}

function runtime(url: string, more: Partial<SettingsInput> = {}): RuntimeProcess {
  const started = startRuntime({ ...place, models: [bundle.folder], brokerUrl: url, flushWaitMs: 10, ...more });
  onTestFinished(() => started.remove());
  return started;
}

function texts(count: number, first = 0): { id: string; text: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `n${first + index}`, text: `play song ${first + index}` }));
}

/** Asks for a health message and waits for it. */
async function reportHealth(telemetry: Telemetry): Promise<void> {
  const before = statesOf(telemetry.messages).length;
  const order = { schemaVersion: 1, action: 'report-health' };
  const topic = `cmd/verge/${place.fleet}/${place.thing}/control`;
  await telemetry.client.publishAsync(topic, JSON.stringify(order), { qos: 1 });
  await telemetry.until((messages) => statesOf(messages).length > before);
}

describe('the runtime as a process', () => {
  it('answers a command with the labels that the bundle promises, and tells how it is from start to end', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const device = runtime(url);
    const golden = readFileSync(path.join(bundle.folder, 'golden.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as GoldenSample);

    await device.whenReady();
    await telemetry.classify(
      place,
      golden.map(({ text }, index) => ({ id: `g${index}`, text })),
    );
    await telemetry.until((messages) => resultsOf(messages).length >= golden.length);
    device.child.kill('SIGTERM');
    const exit = await device.ended;
    await telemetry.until((messages) => statesOf(messages).includes('stopped'));

    const best = new Map(
      resultsOf(telemetry.messages).map((result) => [
        result.requestId,
        'label' in result ? (result.rejected?.bestLabel ?? result.label) : 'failed',
      ]),
    );
    expect(golden.map((_, index) => best.get(`g${index}`))).toEqual(golden.map(({ label }) => label));
    expect(statesOf(telemetry.messages)).toEqual(expect.arrayContaining(['ready', 'draining', 'stopped']));
    expect(statesOf(telemetry.messages).at(-1)).toBe('stopped');
    expect(eventsOf(telemetry.messages).map(({ name }) => name)).toEqual([
      'model-loaded',
      'runtime-started',
      'runtime-stopping',
    ]);
    expect(exit).toBe(0);
  });

  it('answers on MQTT as accurately as the model card says of the samples', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const device = runtime(url, { runnersUp: 0 });
    const { samples } = await readDataset(intentsMiniSamples);
    const manifest = JSON.parse(readFileSync(path.join(bundle.folder, 'manifest.json'), 'utf8')) as Manifest;

    await device.whenReady();
    await telemetry.classify(
      place,
      samples.map(({ text }, index) => ({ id: String(index), text })),
    );
    await telemetry.until((messages) => resultsOf(messages).length >= samples.length);

    const right = resultsOf(telemetry.messages).filter(
      (result) => 'label' in result && result.label === samples[Number(result.requestId)]?.label,
    );
    expect(right.length / samples.length).toBeCloseTo(manifest.rejection?.accuracyAfter ?? 0, 2);
  });

  it('lets texts beyond the queue limit wait, and answers each exactly once', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const device = runtime(url, { engineQueueTexts: 7 });

    await device.whenReady();
    await telemetry.classify(place, texts(300));
    await telemetry.classify(place, texts(300, 300));
    await telemetry.until((messages) => resultsOf(messages).length >= 600);

    const ids = resultsOf(telemetry.messages).map((result) => ('label' in result ? result.requestId : 'failed'));
    expect(new Set(ids).size).toBe(600);
    expect(ids).toHaveLength(600);
  });

  it('answers what it took before SIGTERM, and the rest when it is back', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const first = runtime(url, { engineQueueTexts: 16, drainTimeoutMs: 60_000 }); // all of 2,000 texts may have been taken
    await first.whenReady();

    const sent = Array.from({ length: 40 }, (_, command) => telemetry.classify(place, texts(50, command * 50)));
    await telemetry.until((messages) => resultsOf(messages).length > 0);
    first.child.kill('SIGTERM');
    first.child.kill('SIGTERM');
    const exit = await first.ended;
    await Promise.all(sent);
    await telemetry.until((messages) => statesOf(messages).includes('stopped'));
    const whole = resultsOf(telemetry.messages).length % 50;
    const second = runtime(url);
    await second.whenReady();
    await telemetry.until((messages) => new Set(resultsOf(messages).map(({ requestId }) => requestId)).size === 2000);

    expect(exit).toBe(0);
    expect(whole).toBe(0); // commands that were begun were finished, and no other was touched
    expect(resultsOf(telemetry.messages).every((result) => 'label' in result)).toBe(true);
  }, 180_000);

  it('loses nothing when the broker goes and comes back', async () => {
    const embedded = await broker();
    const telemetry = await watch(embedded.url);
    const device = runtime(embedded.url);
    await device.whenReady();

    await telemetry.classify(place, texts(500));
    await telemetry.until((messages) => resultsOf(messages).length > 0);
    await embedded.interrupt();
    await device.logged((line) => line.link === 'waiting');
    await embedded.resume();
    await telemetry.until((messages) => new Set(resultsOf(messages).map(({ requestId }) => requestId)).size === 500);
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'link-restored'));

    expect(eventsOf(telemetry.messages).map(({ name }) => name)).not.toContain('results-dropped');
  });

  it('comes up without a broker, and serves when there is one', async () => {
    const embedded = await broker();
    const telemetry = await watch(embedded.url);
    await embedded.interrupt();
    const device = runtime(embedded.url);
    await device.whenReady();

    await embedded.resume();
    await telemetry.until((messages) => statesOf(messages).includes('ready'));
    await telemetry.classify(place, texts(3));

    await telemetry.until((messages) => resultsOf(messages).length === 3);
  });

  it('ends within its bound where the broker is away, says what waits, and sends it as a replay at the next start', async () => {
    const embedded = await broker();
    const telemetry = await watch(embedded.url);
    const outboxFolder = tempFolder();
    const device = runtime(embedded.url, { flushWaitMs: 60_000, drainTimeoutMs: 300, outboxFolder });
    await device.whenReady();
    await telemetry.classify(place, texts(5));
    await reportHealth(telemetry); // comes behind the texts, so they have been taken
    await embedded.interrupt();
    await device.logged((line) => line.link === 'waiting');

    device.child.kill('SIGTERM');
    const exit = await device.ended;
    await embedded.resume();
    const next = runtime(embedded.url, { outboxFolder });
    await next.whenReady();
    await telemetry.until((messages) => resultsOf(messages).length >= 5);

    const [first] = telemetry.messages.filter(({ stream }) => stream === 'result');
    expect(exit).toBe(0);
    expect(device.log.at(-2)).toMatchObject({ msg: '5 results wait in the outbox for the next start', results: 5 });
    expect(first?.envelope.data).toMatchObject({ replay: true, seq: 1 });
  });

  it('has the broker say that it is lost when it is killed', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const device = runtime(url);
    await device.whenReady();

    device.child.kill('SIGKILL');
    await telemetry.until((messages) => statesOf(messages).includes('lost'));

    expect(await device.ended).toBe('SIGKILL');
  });

  it('tells of requests that it cannot read without repeating them', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const device = runtime(url);
    await device.whenReady();
    const topic = `cmd/verge/${place.fleet}/${place.thing}/classify`;

    await telemetry.client.publishAsync(topic, 'my secret is 4711', { qos: 1 });
    await telemetry.client.publishAsync(topic, '{"schemaVersion":9,"texts":[{"id":"a","text":"b"}]}', { qos: 1 });
    await telemetry.classify(place, [{ id: 'x', text: 'hi' }], 'no-such-model');
    await telemetry.until(
      (messages) => eventsOf(messages).filter(({ name }) => name === 'request-refused').length === 2,
    );
    await telemetry.until((messages) => resultsOf(messages).length === 1);

    const refused = eventsOf(telemetry.messages).filter(({ name }) => name === 'request-refused');
    expect(refused.map(({ code }) => code)).toEqual(['MESSAGE_NOT_JSON', 'MESSAGE_VERSION_UNKNOWN']);
    expect(JSON.stringify(refused)).not.toContain('4711');
    expect(resultsOf(telemetry.messages)).toMatchObject([{ requestId: 'x', error: { code: 'SOURCE_MODEL_UNKNOWN' } }]);
  });

  it('sends texts along only where the operator says so', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const device = runtime(url, { includeText: true });
    await device.whenReady();

    await telemetry.classify(place, [{ id: 'x', text: 'wake me at seven' }]);
    await telemetry.until((messages) => resultsOf(messages).length === 1);

    expect(resultsOf(telemetry.messages)).toMatchObject([{ label: 'alarm', text: 'wake me at seven' }]);
  });

  it('reports its health when told to', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const device = runtime(url, { heartbeatSeconds: 86_400 });
    await device.whenReady();
    await telemetry.until((messages) => statesOf(messages).includes('ready'));
    const before = statesOf(telemetry.messages).length;

    await reportHealth(telemetry);

    expect(statesOf(telemetry.messages).length).toBeGreaterThan(before);
  });

  it.each([
    ['no JSON', '{"fleet":', 'CONFIG_NOT_JSON'],
    [
      'a misspelt key',
      JSON.stringify({ ...place, models: ['/m'], brokerUrl: 'mqtt://b', brokerUsr: 'x' }),
      'brokerUsr',
    ],
    ['no broker', JSON.stringify({ ...place, models: ['/m'] }), 'brokerUrl'],
    [
      'a password file that is not there',
      JSON.stringify({ ...place, models: ['/m'], brokerUrl: 'mqtt://b', brokerPasswordFile: '/nowhere/x' }),
      'RUNTIME_FILE',
    ],
  ])('ends with code 2 and a sentence on settings with %s', async (_what, settings, words) => {
    const device = startRuntime(settings);
    onTestFinished(() => device.remove());

    const exit = await device.ended;

    expect(exit).toBe(2);
    expect(JSON.stringify(device.log)).toContain(words);
  });

  it('refuses a model that does not answer its golden samples, tells the cloud why, and ends with code 2', async () => {
    const { url } = await broker();
    const telemetry = await watch(url);
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-bad-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(bundle.folder, folder, { recursive: true });
    expectAnotherAnswer(folder);

    const device = runtime(url, { models: [folder] });
    const exit = await device.ended;
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'runtime-failed'));
    await telemetry.until((messages) => statesOf(messages).includes('failed'));

    expect(exit).toBe(2);
    expect(eventsOf(telemetry.messages)).toMatchObject([
      { name: 'model-refused', code: 'BUNDLE_GOLDEN_FAILED' },
      { name: 'runtime-failed', code: 'BUNDLE_GOLDEN_FAILED' },
    ]);
  });
});
