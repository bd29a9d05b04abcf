import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import { type CompiledBundle, compileIntentsMini } from '../support/compiled-bundle.ts';
import { until } from '../support/core.ts';
import { tempFolder } from '../support/disk-outbox.ts';
import { repositoryPath } from '../support/paths.ts';
import { type RuntimeProcess, startRuntime } from '../support/runtime-process.ts';
import { eventsOf, resultsOf, type Telemetry, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const DAY_MS = 86_400_000;
let bundle: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini();
});
afterAll(() => bundle.remove());

interface Faults {
  readonly writeDelayMs?: number;
  readonly writeError?: string;
  readonly syncError?: string;
  readonly clockShiftMs?: number;
}

interface Device {
  readonly runtime: RuntimeProcess;
  readonly telemetry: Telemetry;
  readonly broker: Awaited<ReturnType<typeof startBroker>>;
  /** What the disk and the clock do from now on. */
  set(faults: Faults): Promise<void>;
  /** Kills it and starts it again, with the same folders and faults. */
  restart(): Promise<RuntimeProcess>;
}

/** The built runtime, on a disk and with a clock that do as the test says (test/support/faults.mjs). */
async function device(more: Partial<SettingsInput> = {}, first: Faults = {}): Promise<Device> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  const file = path.join(tempFolder(), 'faults.json');
  const write = (faults: Faults): void => {
    writeFileSync(`${file}.new`, JSON.stringify(faults));
    renameSync(`${file}.new`, file);
  };
  write(first);
  const launch = {
    command: [
      process.execPath,
      '--import',
      repositoryPath('test/support/faults.mjs'),
      repositoryPath('dist/component/main.js'),
    ] as const,
    environment: { ...process.env, VERGE_FAULTS: file },
  };
  const settings = {
    ...place,
    models: [bundle.folder],
    brokerUrl: broker.url,
    flushWaitMs: 10,
    outboxFolder: tempFolder(),
    ...more,
  };
  const start = async (): Promise<RuntimeProcess> => {
    const runtime = startRuntime(settings, launch);
    onTestFinished(() => runtime.remove());
    await runtime.whenReady();
    return runtime;
  };
  let runtime = await start();
  return {
    get runtime() {
      return runtime;
    },
    telemetry,
    broker,
    async set(faults) {
      write(faults);
      await until(() => readFileSync(`${file}.seen`, 'utf8') === JSON.stringify(faults));
    },
    async restart() {
      runtime.child.kill('SIGKILL');
      await runtime.ended;
      runtime = await start();
      return runtime;
    },
  };
}

function texts(count: number, first = 0): { id: string; text: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `n${first + index}`, text: `play song ${first + index}` }));
}

/** Without the copies that the life after a kill sends. */
const firstResults = ({ messages }: Telemetry): ReturnType<typeof resultsOf> =>
  resultsOf(messages).filter(
    ({ requestId }, index, all) => all.findIndex((other) => other.requestId === requestId) === index,
  );

const idsOf = ({ messages }: Telemetry): string[] => resultsOf(messages).map(({ requestId }) => requestId);

async function answered(telemetry: Telemetry, count: number): Promise<void> {
  await telemetry.until(() => new Set(idsOf(telemetry)).size >= count);
}

describe('a runtime on a disk in trouble', () => {
  it('answers everything once, in its time, where each write takes a tenth of a second', async () => {
    const { runtime, telemetry, set } = await device({ outboxSync: 'always' });
    await set({ writeDelayMs: 100 });

    await Promise.all([0, 50, 100].map((first) => telemetry.classify(place, texts(50, first))));
    await answered(telemetry, 150);
    runtime.child.kill('SIGTERM');

    expect(await runtime.ended).toBe(0);
    expect(idsOf(telemetry)).toHaveLength(150);
    expect(eventsOf(telemetry.messages).map(({ name }) => name)).not.toContain('outbox-failing');
  });

  it.each([
    ['writes fail', { writeError: 'EIO' }],
    ['fsync fails', { syncError: 'EIO' }],
  ])('sends what it cannot keep while %s, says so, and goes back to the disk', async (_when, faults) => {
    const { runtime, telemetry, set } = await device({ outboxSync: 'always' });
    await telemetry.classify(place, texts(20));
    await answered(telemetry, 20);

    await set(faults);
    await telemetry.classify(place, texts(100, 20));
    await answered(telemetry, 120);
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'outbox-failing'));
    await set({});
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'outbox-restored'));
    await telemetry.classify(place, texts(20, 120));
    await answered(telemetry, 140);
    runtime.child.kill('SIGTERM');

    expect(await runtime.ended).toBe(0);
    const failing = eventsOf(telemetry.messages).filter(({ name }) => name === 'outbox-failing');
    expect(failing.map(({ code }) => code)).toEqual(['OUTBOX_DISK_FAILED']);
    expect(new Set(idsOf(telemetry)).size).toBe(140);
  });

  it('loses nothing that it took while fsync failed, when it is killed at that moment', async () => {
    const world = await device({ outboxSync: 'always' });
    const { telemetry, set } = world;
    await set({ syncError: 'EIO' });
    await telemetry.classify(place, texts(50));
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'outbox-failing'));

    await set({});
    await world.restart();

    await answered(telemetry, 50);
  });
});

describe('a runtime whose clock jumps', () => {
  it.each([
    ['a month on', 31 * DAY_MS],
    ['back to 1970', 60_000 - Date.now()],
  ])('drops nothing that waits for the broker, and answers on: %s', async (_where, clockShiftMs) => {
    const world = await device({ outboxAgeHours: 24, httpPort: 0 });
    const { runtime, telemetry, broker, set } = world;
    const listening = await runtime.logged((line) => line.http !== undefined);
    await broker.interrupt();
    await runtime.logged((line) => line.link === 'waiting');
    await ask(String(listening.http), ['before the jump']);

    await set({ clockShiftMs });
    await ask(String(listening.http), ['after the jump']);
    await broker.resume();
    await telemetry.until(() => firstResults(telemetry).length >= 2);
    const life = await world.restart();
    const again = await life.logged((line) => line.http !== undefined);
    await ask(String(again.http), ['in the next life']);
    await telemetry.until(() => firstResults(telemetry).length >= 3);

    const [before, after, next] = firstResults(telemetry).map(({ observedAt }) => Date.parse(observedAt));
    expect(Number(after) - Number(before)).toBeCloseTo(clockShiftMs, -5);
    expect(Number(next) - Number(before)).toBeCloseTo(clockShiftMs, -5);
    expect(eventsOf(telemetry.messages).map(({ name }) => name)).not.toContain('results-dropped');
    const boots = telemetry.messages.flatMap(({ stream, envelope }) =>
      stream === 'result' ? [envelope.data.boot] : [],
    );
    expect(boots).toEqual(boots.toSorted()); // later lives sort later, whatever the clock says
  });
});

async function ask(url: string, asked: readonly string[]): Promise<void> {
  const response = await fetch(`${url}/v1/classify`, { method: 'POST', body: JSON.stringify({ texts: asked }) });
  expect(response.status).toBe(200);
}
