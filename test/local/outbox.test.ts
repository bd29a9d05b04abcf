import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { consume } from '../../cloud/consumer/consume.ts';
import { type Broker, startBroker } from '../../cloud/local/broker/broker.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import { Answers } from '../../scripts/chaos/answers.ts';
import { faultsOf, killRounds } from '../../scripts/chaos/kill-rounds.ts';
import { type CompiledBundle, compileIntentsMini } from '../support/compiled-bundle.ts';
import { tempFolder } from '../support/disk-outbox.ts';
import { repositoryPath } from '../support/paths.ts';
import { type RuntimeProcess, startRuntime } from '../support/runtime-process.ts';
import { canMount, mountNote, mountSmallDisk } from '../support/small-disk.ts';
import { eventsOf, resultsOf, statesOf, type Telemetry, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
let bundle: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini();
});
afterAll(() => bundle.remove());

async function broker(): Promise<Broker> {
  const started = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => started.close());
  return started;
}

async function watch(url: string, stream = '#'): Promise<Telemetry> {
  const telemetry = await watchTelemetry(url, stream === '#' ? stream : `+/+/${stream}`);
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

function answeredTexts(telemetry: Telemetry): Set<string> {
  return new Set(resultsOf(telemetry.messages).map(({ requestId }) => requestId));
}

/** Asks for a health message and waits for it: what was sent before has been taken then. */
async function reportHealth(telemetry: Telemetry): Promise<void> {
  const before = statesOf(telemetry.messages).length;
  const order = JSON.stringify({ schemaVersion: 1, action: 'report-health' });
  await telemetry.client.publishAsync(`cmd/verge/${place.fleet}/${place.thing}/control`, order, { qos: 1 });
  await telemetry.until((messages) => statesOf(messages).length > before);
}

describe('the outbox of a runtime that is killed', () => {
  it('loses nothing and doubles no result, killed 20 times at random moments under load', {
    timeout: 300_000,
  }, async () => {
    const folder = tempFolder();

    const outcome = await killRounds({
      program: repositoryPath('dist/component/main.js'),
      bundle: bundle.folder,
      folder,
      kills: 20,
      seed: 17,
    });

    expect(faultsOf(outcome)).toEqual([]);
    expect(outcome.textsSent).toBeGreaterThan(500);
    expect(outcome.replays).toBeGreaterThan(0);
  });

  it('sends all of 10,000 texts that it answered while the broker was away, after the next start', async () => {
    const embedded = await broker();
    const consumer = consume({ broker: embedded.url, clientId: 'ten-thousand', streams: ['result', 'event'] });
    onTestFinished(() => consumer.close());
    const answers = new Answers();
    void answers.follow(consumer);
    await consumer.ready;
    const outboxFolder = tempFolder();
    const settings = { outboxFolder, httpPort: 0 };
    const first = runtime(embedded.url, settings);
    await first.whenReady();
    const { http } = await first.logged((line) => Array.isArray(line.http));
    await embedded.interrupt();
    await first.logged((line) => line.link === 'waiting');
    const some = Array.from({ length: 500 }, (_, index) => `play song ${index}`);

    for (let post = 0; post < 20; post++) {
      const asked = { method: 'POST', body: JSON.stringify({ id: `post-${post}`, texts: some }) };
      const answer = await fetch(`${(http as string[])[0]}/v1/classify`, asked); // an array, as was looked at
      expect(answer.status).toBe(200);
    }
    first.child.kill('SIGTERM');
    const exit = await first.ended;
    const left = first.log.find(({ msg }) => String(msg).includes('wait in the outbox for the next start'));
    await embedded.resume();
    const second = runtime(embedded.url, settings);
    const found = await second.logged(({ msg }) => String(msg).includes('of an earlier start wait in the outbox'));
    await answers.until(() => answers.texts.size === 10_000, new AbortController().signal);

    expect(exit).toBe(0);
    expect([left?.results, found.results]).toEqual([10_000, 10_000]);
    expect(answers.ids.size).toBe(answers.results);
    expect(answers.replays).toBe(10_000);
    expect(consumer.counts.missing).toBe(0);
  }, 200_000);

  it('lets no second runtime use its folder, and the next one as soon as it is killed', async () => {
    const embedded = await broker();
    const outboxFolder = tempFolder();
    const first = runtime(embedded.url, { outboxFolder });
    await first.whenReady();
    const second = runtime(embedded.url, { outboxFolder, thing: 'oven-18' });
    const refused = await second.ended;
    first.child.kill('SIGKILL');
    await first.ended;

    const third = runtime(embedded.url, { outboxFolder });

    await third.whenReady();
    expect(refused).toBe(2);
    expect(JSON.stringify(second.log)).toContain('OUTBOX_FOLDER_IN_USE');
  });
});

describe.skipIf(!canMount)(`the outbox on a disk in trouble${mountNote}`, () => {
  it('answers over the link while the disk is full, says so, and goes back to the disk when there is room', async () => {
    const disk = mountSmallDisk(1024);
    onTestFinished(() => disk.remove());
    const embedded = await broker();
    const telemetry = await watch(embedded.url);
    const device = runtime(embedded.url, { outboxFolder: path.join(disk.folder, 'outbox') });
    await device.whenReady();
    const filler = path.join(disk.folder, 'filler');

    expect(() => writeFileSync(filler, Buffer.alloc(2 * 1024 * 1024))).toThrow(/ENOSPC/);
    await telemetry.classify(place, texts(200));
    await telemetry.until(() => answeredTexts(telemetry).size === 200);
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'outbox-failing'));
    rmSync(filler);
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'outbox-restored'));
    await telemetry.classify(place, texts(200, 200));
    await telemetry.until(() => answeredTexts(telemetry).size === 400);
    device.child.kill('SIGTERM');

    const failing = eventsOf(telemetry.messages).filter(({ name }) => name === 'outbox-failing');
    expect(failing.map(({ code }) => code)).toEqual(['OUTBOX_DISK_FULL']);
    expect(await device.ended).toBe(0);
  });

  it('acknowledges no command that it can neither store nor send, and answers it at the next start', async () => {
    const disk = mountSmallDisk(256);
    onTestFinished(() => disk.remove());
    const embedded = await broker();
    const telemetry = await watch(embedded.url);
    const settings = { outboxFolder: path.join(disk.folder, 'outbox'), drainTimeoutMs: 1000, flushWaitMs: 60_000 };
    const device = runtime(embedded.url, settings);
    await device.whenReady();
    await telemetry.classify(place, texts(5)); // wait for others to share their message
    await reportHealth(telemetry);
    const filler = path.join(disk.folder, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrow(/ENOSPC/);
    await embedded.interrupt();
    await device.logged((line) => line.link === 'waiting');

    device.child.kill('SIGTERM');
    const exit = await device.ended;
    rmSync(filler);
    await embedded.resume();
    runtime(embedded.url, { ...settings, flushWaitMs: 10 });
    await telemetry.until(() => answeredTexts(telemetry).size === 5);

    expect(exit).toBe(1);
    expect(device.log.map(({ event }) => event)).toContain('outbox-failing');
    expect(JSON.stringify(device.log)).toContain('RUNTIME_RESULTS_LEFT');
    expect(resultsOf(telemetry.messages)).toHaveLength(5);
  });

  it('comes up on a disk that it cannot write, and serves', async () => {
    const disk = mountSmallDisk(64);
    onTestFinished(() => disk.remove());
    disk.setReadOnly(true);
    const embedded = await broker();
    const telemetry = await watch(embedded.url);

    runtime(embedded.url, { outboxFolder: path.join(disk.folder, 'outbox') });
    await telemetry.until((messages) => statesOf(messages).includes('ready'));
    await telemetry.classify(place, texts(3));
    await telemetry.until(() => answeredTexts(telemetry).size === 3);
    await telemetry.until((messages) => eventsOf(messages).some(({ code }) => code === 'OUTBOX_DISK_READ_ONLY'));

    expect(eventsOf(telemetry.messages).map(({ name }) => name)).toContain('runtime-started');
  });
});
