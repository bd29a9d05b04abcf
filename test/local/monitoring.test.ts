import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { HealthData } from '../../component/contract/health.ts';
import type { ReadMessage } from '../../component/contract/read-message.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import type { StatsData } from '../../component/contract/stats.ts';
import { type CompiledBundle, compileIntentsMini, intentsMiniSamples } from '../support/compiled-bundle.ts';
import { ModelComponent } from '../support/model-component.ts';
import { type RuntimeProcess, startRuntime } from '../support/runtime-process.ts';
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

/** The texts that the baseline was measured on, each once, then from the start again. */
function ownSamples(count: number): string[] {
  const texts = readFileSync(intentsMiniSamples, 'utf8').split('\n').slice(1).filter(Boolean);
  return Array.from({ length: count }, (_, index) => texts[index % texts.length]?.split('\t')[0] ?? '');
}

/** Texts of languages that the model has never seen. */
function foreignTexts(count: number): string[] {
  const texts = [
    'wie wird das wetter morgen in der stadt',
    'überweise bitte hundert euro an meine schwester',
    'quelle heure est-il maintenant à l’hôpital',
    'mets un réveil pour sept heures du matin',
    'mañana tengo que llamar a mi abuela por su cumpleaños',
    'où se trouve la pharmacie la plus proche de l’église',
    'kde je nejbližší nádraží a v kolik jede vlak',
    'proszę włączyć muzykę w kuchni',
    'завтра утром разбуди меня в семь часов',
    '明日の天気を教えてください',
  ];
  return Array.from({ length: count }, (_, index) => texts[index % texts.length] ?? '');
}

interface World {
  readonly telemetry: Telemetry;
  readonly device: RuntimeProcess;
  ask(texts: readonly string[], name: string): Promise<void>;
}

async function world(more: Partial<SettingsInput> = {}): Promise<World> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  const device = startRuntime({ ...place, brokerUrl: broker.url, flushWaitMs: 5, statsSeconds: 1, ...more });
  onTestFinished(() => device.remove());
  await device.logged(({ event, eventType }) => (event ?? eventType) === 'runtime-started');
  return {
    telemetry,
    device,
    async ask(texts, name) {
      for (let start = 0; start < texts.length; start += 100) {
        const some = texts.slice(start, start + 100).map((text, index) => ({ id: `${name}-${start + index}`, text }));
        await telemetry.classify(place, some);
      }
    },
  };
}

function statsOf(messages: readonly ReadMessage[]): StatsData[] {
  return messages.flatMap((message) => (message.stream === 'stats' ? [message.envelope.data] : []));
}

function healthOf(messages: readonly ReadMessage[]): HealthData[] {
  return messages.flatMap((message) => (message.stream === 'health' ? [message.envelope.data] : []));
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function labelCountsOf(stats: readonly StatsData[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { labelCounts } of stats) {
    for (const { label, count } of labelCounts) counts[label] = (counts[label] ?? 0) + count;
  }
  return counts;
}

describe('the statistics of a running device', () => {
  it('agree with its answers, show no drift on the samples of the baseline, and drift on texts of other languages', async () => {
    const { telemetry, ask } = await world({
      models: [first.folder],
      driftMinTexts: 344,
      driftWindows: 1,
      messageBytes: 64 * 1024,
    });

    await ask(ownSamples(344), 'own');
    await telemetry.until((messages) => sum(statsOf(messages).map(({ textCount }) => textCount)) === 344);
    await telemetry.until((messages) => resultsOf(messages).length === 344);
    const usual = statsOf(telemetry.messages);
    const answers = resultsOf(telemetry.messages);
    const before = eventsOf(telemetry.messages).filter(({ name }) => name.startsWith('drift'));
    await ask(foreignTexts(400), 'foreign');
    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'drift-began'));
    // The event overtakes the statistics that it is about.
    await telemetry.until((messages) => statsOf(messages).filter(({ psi }) => psi).length > 1);

    const expected: Record<string, number> = {};
    for (const result of answers) if ('label' in result) expected[result.label] = (expected[result.label] ?? 0) + 1;
    expect(labelCountsOf(usual)).toEqual(expected);
    expect(sum(usual.flatMap(({ confidenceCounts }) => confidenceCounts))).toBe(344);
    expect(sum(usual.flatMap(({ lengthCounts = [] }) => lengthCounts))).toBe(344);
    const psi = usual.find((window) => window.psi)?.psi;
    expect(psi?.textCount).toBe(344);
    for (const signal of ['labels', 'confidence', 'length'] as const) expect(psi?.[signal]?.value).toBeLessThan(0.02);
    expect(before).toEqual([]);
    const foreign = statsOf(telemetry.messages).findLast((window) => window.psi)?.psi;
    expect(foreign?.labels?.value).toBeGreaterThan(1);
    expect(foreign?.confidence?.value).toBeGreaterThan(1);
    expect(eventsOf(telemetry.messages).map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /^intents-mini 1\.0\.0: drift of the shares of its labels .* began: \d+\.\d+, at least 0\.25\.$/,
      ),
    );
  });

  it('are sent before it stops', async () => {
    const { telemetry, device, ask } = await world({ models: [first.folder], statsSeconds: 86_400 });
    await ask(ownSamples(60), 'own');
    await telemetry.until((messages) => resultsOf(messages).length === 60);

    device.child.kill('SIGTERM');
    await telemetry.until((messages) => statsOf(messages).length > 0);

    expect(statsOf(telemetry.messages)).toMatchObject([{ textCount: 60, model: { version: '1.0.0' } }]);
    expect(await device.ended).toBe(0);
  });

  it('tell what a challenger made of the same texts', async () => {
    const { telemetry, device, ask } = await world({ challengerShare: 1 });
    await new ModelComponent(device.workFolder, first.folder).handOver();
    await new ModelComponent(device.workFolder, second.folder, 'verge.model.next').handOver('--role', 'challenger');
    const compared = (): StatsData | undefined =>
      statsOf(telemetry.messages).find(({ challenger }) => challenger && challenger.textCount > 0);

    // Texts that nobody has asked yet, since cached answers are not compared; the answers of a challenger come when they come.
    for (let round = 0; compared() === undefined; round++) {
      const seen = statsOf(telemetry.messages).length;
      await ask(
        ownSamples(20).map((text) => `${text} ${round}`),
        `round-${round}`,
      );
      await telemetry.until((messages) => statsOf(messages).length > seen);
    }

    const stats = compared();
    expect(stats).toMatchObject({
      model: { version: '1.0.0' },
      challenger: { model: { name: 'intents-mini', version: '1.1.0' }, failed: 0 },
    });
    expect(stats?.challenger?.agreement).toBeGreaterThan(0.5);
    const challengers = healthOf(telemetry.messages).flatMap((health) => health.challengers ?? []);
    expect(challengers).toContainEqual(expect.objectContaining({ version: '1.1.0' }));
  });
});

describe('the health of a running device', () => {
  it('tells of its processor, of what went wrong, and of its earlier lives and how the last one ended', async () => {
    const { telemetry, device } = await world({ models: [first.folder], heartbeatSeconds: 1 });
    await telemetry.classify(place, [{ id: 'a', text: 'wake me at seven' }], 'nobody');
    await telemetry.until((messages) => healthOf(messages).some(({ errors }) => errors !== undefined));
    const here = healthOf(telemetry.messages).findLast(({ errors }) => errors !== undefined);

    const again = await device.restart();
    onTestFinished(() => again.remove());
    await telemetry.until((messages) => healthOf(messages).some(({ restarts }) => restarts === 1));
    await again.whenReady();
    again.child.kill('SIGTERM');
    await again.ended;
    const third = await again.restart();
    onTestFinished(() => third.remove());
    await telemetry.until((messages) => healthOf(messages).some(({ restarts }) => restarts === 2));

    expect(here).toMatchObject({
      restarts: 0,
      nucleus: { kind: 'none', certain: true },
      errors: expect.arrayContaining([expect.objectContaining({ code: 'SOURCE_MODEL_UNKNOWN' })]),
    });
    expect(here?.cpuFeatures?.length).toBeGreaterThan(0);
    const ends = healthOf(telemetry.messages).flatMap(({ restarts, lastEnd }) =>
      lastEnd === undefined ? [] : [`${restarts} ${lastEnd}`],
    );
    expect([...new Set(ends)]).toEqual(['1 died', '2 stopped']);
    expect(JSON.parse(readFileSync(path.join(device.workFolder, 'lives.json'), 'utf8'))).toMatchObject({ lives: 3 });
  });
});

describe('the log of a running device', () => {
  it('has the keys that LogManager reads, when the settings ask for them', async () => {
    const { device } = await world({ models: [first.folder], logFormat: 'greengrass' });

    const line = await device.logged(({ eventType }) => eventType === 'runtime-started');

    expect(line).toMatchObject({ level: 'INFO', timestamp: expect.any(Number), message: expect.any(String) });
  });
});
