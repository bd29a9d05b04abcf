import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClassifyDocumentCommand, ComprehendClient, DetectSentimentCommand } from '@aws-sdk/client-comprehend';
import { LexRuntimeV2Client, RecognizeTextCommand } from '@aws-sdk/client-lex-runtime-v2';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Broker, startBroker } from '../../cloud/local/broker/broker.ts';
import { localReplySchema } from '../../component/contract/local.ts';
import type { GoldenSample } from '../../component/contract/manifest.ts';
import type { SettingsInput } from '../../component/contract/settings.ts';
import { type CompiledBundle, compileIntentsMini } from '../support/compiled-bundle.ts';
import { type RuntimeProcess, startRuntime } from '../support/runtime-process.ts';
import { resultsOf, type Telemetry, watchTelemetry } from '../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const MODEL = 'intents-mini';
const ARN = `arn:aws:comprehend:eu-west-1:123456789012:document-classifier-endpoint/${MODEL}`;
const bot = { botId: 'ABCDEFGHIJ', botAliasId: 'TSTALIASID', localeId: 'en_US', sessionId: 'session-1' };

let bundle: CompiledBundle;
let golden: GoldenSample[];
beforeAll(() => {
  bundle = compileIntentsMini('--reject-label', 'oos', '--name', MODEL);
  golden = readFileSync(path.join(bundle.folder, 'golden.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoldenSample); // written by the compiler a moment ago
});
afterAll(() => bundle.remove());

interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Device {
  readonly broker: Broker;
  readonly telemetry: Telemetry;
  readonly runtime: RuntimeProcess;
}

async function device(more: Partial<SettingsInput>): Promise<Device> {
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  const settings = { ...place, models: [bundle.folder], brokerUrl: broker.url, flushWaitMs: 10, ...more };
  const runtime = startRuntime(settings);
  onTestFinished(() => runtime.remove());
  await runtime.whenReady();
  return { broker, telemetry, runtime };
}

async function client(runtime: RuntimeProcess): Promise<ClientConfig> {
  const { http } = await runtime.logged(({ http: places }) => Array.isArray(places));
  const credentials = { accessKeyId: 'anything', secretAccessKey: 'anything' };
  return { endpoint: String((http as string[])[0]), region: 'eu-west-1', credentials }; // an array, as was looked at
}

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-sources-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('the runtime behind AWS clients', () => {
  it('answers each of them as the bundle promises, and reports every answer', async () => {
    const { runtime, telemetry } = await device({ httpPort: 0, httpRoutes: `lex:RecognizeText=${MODEL}` });
    const config = await client(runtime);
    const comprehend = new ComprehendClient(config);
    const sagemaker = new SageMakerRuntimeClient(config);
    const lex = new LexRuntimeV2Client(config);
    const { text, label, scoreMin, scoreMax } = golden.find((sample) => sample.scoreMin > 0.5) ?? { text: '' };

    const documents = await comprehend.send(new ClassifyDocumentCommand({ Text: text, EndpointArn: ARN }));
    const invoked = await sagemaker.send(
      new InvokeEndpointCommand({
        EndpointName: MODEL,
        ContentType: 'application/json',
        Body: JSON.stringify({ inputs: text, parameters: { top_k: 5 } }),
      }),
    );
    const recognised = await lex.send(new RecognizeTextCommand({ ...bot, text }));
    const misfit = comprehend.send(new DetectSentimentCommand({ Text: text, LanguageCode: 'en' }));

    const predictions = JSON.parse(Buffer.from(invoked.Body).toString('utf8'));
    expect(documents.Classes?.[0]?.Name).toBe(label);
    expect(documents.Classes?.[0]?.Score).toBeGreaterThanOrEqual(scoreMin ?? 1);
    expect(documents.Classes?.[0]?.Score).toBeLessThanOrEqual(scoreMax ?? 0);
    expect(documents.Classes).toHaveLength(10);
    expect(predictions).toHaveLength(5);
    expect(predictions[0].label).toBe(label);
    expect(recognised.sessionState?.intent?.name).toBe(label);
    await expect(misfit).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await telemetry.until((messages) => resultsOf(messages).length === 3);
    expect(resultsOf(telemetry.messages)).toMatchObject([{ label }, { label }, { label }]);
    const first = resultsOf(telemetry.messages)[0];
    expect(first?.requestId).toBe(documents.$metadata.requestId);
    expect(first && 'runnersUp' in first ? first.runnersUp : []).toHaveLength(2); // whatever HTTP callers may have
    for (const sdk of [comprehend, sagemaker, lex]) sdk.destroy();
  });

  it('answers what was begun before SIGTERM', async () => {
    const { runtime, telemetry } = await device({ httpPort: 0, drainTimeoutMs: 60_000 });
    const { endpoint } = await client(runtime);
    const texts = Array.from({ length: 500 }, (_, index) => `play song ${index}`);

    const asked = fetch(`${endpoint}/v1/classify`, { method: 'POST', body: JSON.stringify({ id: 'all', texts }) });
    await telemetry.until((messages) => resultsOf(messages).length > 0);
    runtime.child.kill('SIGTERM');
    const reply = localReplySchema.parse(await (await asked).json());
    const exit = await runtime.ended;
    await telemetry.until((messages) => resultsOf(messages).length === 500);

    expect(reply.results.map(({ requestId }) => requestId)).toEqual(texts.map((_, index) => `all/${index}`));
    expect(exit).toBe(0);
  });

  it.each([
    ['a port that is none', { httpPort: 70_000 }, 'httpPort'],
    ['routes that are none', { httpPort: 0, httpRoutes: 'comprehend:DetectMood=x' }, 'httpRoutes'],
    ['a host that others reach, without a token', { httpPort: 0, httpHost: '0.0.0.0' }, 'httpTokenFile'],
    ['a token file that is not there', { httpPort: 0, httpTokenFile: '/nowhere/token' }, 'RUNTIME_FILE'],
    [
      'an address of another machine',
      { httpPort: 0, httpHost: '127.0.0.1.nowhere', httpTokenFile: '/dev/null' },
      'SOURCE_HTTP',
    ],
  ])('does not start with %s', async (_what, more, words) => {
    const runtime = startRuntime({ ...place, models: [bundle.folder], brokerUrl: 'mqtt://127.0.0.1:1', ...more });
    onTestFinished(() => runtime.remove());

    const exit = await runtime.ended;

    expect(exit).toBe(2);
    expect(JSON.stringify(runtime.log)).toContain(words);
  });
});

describe('the runtime beside a followed file', () => {
  it('answers every line at least once under one id, through kill -9 and rotation', async () => {
    const file = path.join(scratch(), 'texts.log');
    const lines = (from: number, count: number): string =>
      Array.from({ length: count }, (_, index) => `play song ${from + index}\n`).join('');
    writeFileSync(file, lines(0, 400));
    const { runtime, telemetry } = await device({ followFile: file, followPollMs: 50, includeText: true });

    await telemetry.until((messages) => resultsOf(messages).length > 0);
    const second = await runtime.restart();
    onTestFinished(() => second.remove());
    appendFileSync(file, lines(400, 100));
    await second.whenReady();
    renameSync(file, `${file}.1`);
    writeFileSync(file, lines(500, 100));
    await telemetry.until((messages) => new Set(resultsOf(messages).map(({ requestId }) => requestId)).size === 600);

    const idsOf = new Map<string, Set<string>>();
    for (const result of resultsOf(telemetry.messages)) {
      const text = 'text' in result ? (result.text ?? '') : 'failed';
      idsOf.set(text, (idsOf.get(text) ?? new Set()).add(result.requestId));
    }
    expect(idsOf.size).toBe(600);
    expect([...idsOf.values()].every((ids) => ids.size === 1)).toBe(true);
  });
});
