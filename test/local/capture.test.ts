import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import type { ReadMessage } from '../../component/contract/read-message.ts';
import type { SampleData } from '../../component/contract/sample.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import { type CompiledBundle, compileIntentsMini, intentsMiniSamples } from '../support/compiled-bundle.ts';
import { ModelComponent } from '../support/model-component.ts';
import { type RuntimeProcess, startRuntime } from '../support/runtime-process.ts';
import { resultsOf, statesOf, type Telemetry, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const SECRET = '4111 1111 1111 1111';
let bundle: CompiledBundle;
let rejecting: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini();
  rejecting = compileIntentsMini('--model-version', '1.1.0', '--reject-label', 'oos');
});
afterAll(() => {
  bundle.remove();
  rejecting.remove();
});

async function world(more: Partial<SettingsInput>): Promise<{ telemetry: Telemetry; device: RuntimeProcess }> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  const device = startRuntime({ ...place, brokerUrl: broker.url, flushWaitMs: 10, ...more });
  onTestFinished(() => device.remove());
  await device.whenReady();
  return { telemetry, device };
}

function samplesOf(messages: readonly ReadMessage[]): SampleData[] {
  return messages.flatMap((message) => (message.stream === 'sample' ? [message.envelope.data] : []));
}

/** Resolves when so many lives have said that they are over, which each says last. */
function untilStopped(telemetry: Telemetry, lives: number): Promise<void> {
  return telemetry.until((messages) => statesOf(messages).filter((state) => state === 'stopped').length === lives);
}

/** Texts of which the rejecting model is unsure of some. */
function ownTexts(): string[] {
  const rows = readFileSync(intentsMiniSamples, 'utf8').trim().split('\n').slice(1, 201);
  return [...new Set(rows.map((row) => row.split('\t')[0] ?? ''))];
}

/** Names of files below a folder that hold the words. */
function filesWith(folder: string, words: string): string {
  return execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$0" || true', folder, words], { encoding: 'utf8' });
}

describe('capture of texts for labelling', () => {
  it('sends nothing by default, whatever the model makes of the texts', async () => {
    const { telemetry, device } = await world({ models: [rejecting.folder] });

    await telemetry.classify(place, [{ id: 'a', text: 'xyzzy plugh qux' }]);
    await telemetry.until((messages) => resultsOf(messages).length === 1);
    device.child.kill('SIGTERM');
    await untilStopped(telemetry, 1);

    expect(samplesOf(telemetry.messages)).toEqual([]);
    expect(resultsOf(telemetry.messages)[0]).not.toHaveProperty('text');
  });

  it('sends what was asked for, redacted before it is on disk, within its rate over a restart', async () => {
    const text = `xyzzy plugh ${SECRET}`;
    const asked = { captureBelowScore: 1, capturePerHour: 4 };
    const { telemetry, device } = await world({ models: [bundle.folder], ...asked });

    await telemetry.classify(place, [{ id: 'a', text }]);
    await telemetry.until((messages) => samplesOf(messages).length === 1);
    const onDisk = filesWith(device.workFolder, SECRET);
    device.child.kill('SIGTERM');
    await device.ended;
    const again = await device.restart();
    onTestFinished(() => again.remove());
    await again.whenReady();
    await telemetry.classify(place, [{ id: 'b', text: 'plugh xyzzy' }]);
    await telemetry.until((messages) => resultsOf(messages).length === 2);
    again.child.kill('SIGTERM');
    await untilStopped(telemetry, 2);

    expect(samplesOf(telemetry.messages)).toMatchObject([
      { requestId: 'a', text: 'xyzzy plugh [redacted]', reason: 'low-confidence', model: { version: '1.0.0' } },
    ]);
    expect(onDisk).toBe('');
    const healths = telemetry.messages.flatMap((message) =>
      message.stream === 'health' ? [message.envelope.data] : [],
    );
    expect(healths.at(-1)?.samples).toMatchObject({ captured: 0, dropped: { rate: 1 } });
  });

  it('sends what the challenger answers otherwise', async () => {
    const asked = { captureDisagreement: true, challengerShare: 1, capturePerHour: 100_000, captureBytesPerDay: 1e9 };
    const { telemetry, device } = await world(asked);
    await new ModelComponent(device.workFolder, bundle.folder).handOver();
    await new ModelComponent(device.workFolder, rejecting.folder, 'verge.model.next').handOver('--role', 'challenger');

    const texts = new Map<string, string>();
    // A challenger that falls behind sees fewer texts, and none whose answer is remembered.
    for (let round = 0; samplesOf(telemetry.messages).length === 0; round++) {
      const some = ownTexts().map((text, index) => ({
        id: `r${round}-${index}`,
        text: round ? `${text} ${round}` : text,
      }));
      for (const { id, text } of some) texts.set(id, text);
      await telemetry.classify(place, some);
      await telemetry.until((messages) => resultsOf(messages).length === texts.size);
    }

    const [sample] = samplesOf(telemetry.messages);
    expect(sample).toMatchObject({ reason: 'disagreement', text: texts.get(sample?.requestId ?? '') });
    expect(sample?.model.version).toBe('1.0.0');
    const result = resultsOf(telemetry.messages).find(({ requestId }) => requestId === sample?.requestId);
    expect(result).toMatchObject({ label: sample?.label });
  });
});
