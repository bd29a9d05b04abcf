import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PersonalityName } from '../../../cloud/local/core/personality.ts';
import type { Core } from '../../../cloud/local/core/start-core.ts';
import { type LocalReply, localReplySchema } from '../../../component/contract/local.ts';
import { LOCAL_REQUEST_TOPIC, localReplyTopic } from '../../../component/contract/topics.ts';
import { accessControlFor, MQTT_SERVICE } from '../../../recipes/access-control.ts';
import { type CompiledBundle, compileIntentsMini } from '../../support/compiled-bundle.ts';
import { connectedClient, coreWorld, type IpcClient, until } from '../../support/core.ts';
import { deployRuntime, RUNTIME } from '../../support/deployed-runtime.ts';
import { eventsOf, resultsOf, type Telemetry, watchTelemetry } from '../../support/telemetry.ts';

const place = { fleet: 'bakeries', thing: 'oven-17' };
const ASKER = 'com.example.Kiosk';
const replyTo = localReplyTopic(ASKER);
let bundle: CompiledBundle;

beforeAll(() => {
  bundle = compileIntentsMini();
});
afterAll(() => bundle.remove());

async function device(personality: PersonalityName, more: object = {}): Promise<{ core: Core; telemetry: Telemetry }> {
  const { core, broker } = await coreWorld(personality, { settleMs: 100 });
  const telemetry = await watchTelemetry(broker.url);
  onTestFinished(() => telemetry.close());
  await until(core.cloud.connected);
  await deployRuntime(core, { fleet: place.fleet, models: [bundle.folder], flushWaitMs: 5, ...more });
  await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'runtime-started'));
  return { core, telemetry };
}

type Kind = 'binary' | 'json';
interface Asker {
  readonly client: IpcClient;
  readonly replies: { readonly kind: Kind; readonly reply: LocalReply }[];
  ask(kind: Kind, request: object): Promise<void>;
}

/** A component of somebody else's, which has nothing but the device SDK. */
async function asker(core: Core): Promise<Asker> {
  const client = await connectedClient(core, ASKER);
  const replies: Asker['replies'] = [];
  const stream = client.subscribeToTopic({ topic: replyTo });
  stream.on('message', ({ binaryMessage, jsonMessage }) => {
    const kind = binaryMessage ? 'binary' : 'json';
    const value: unknown = binaryMessage ? JSON.parse(String(binaryMessage.message)) : jsonMessage?.message;
    replies.push({ kind, reply: localReplySchema.parse(value) });
  });
  await stream.activate();
  return {
    client,
    replies,
    async ask(kind, request) {
      const publishMessage =
        kind === 'json'
          ? { jsonMessage: { message: request as never } } // any JSON object; the SDK's type is narrower
          : { binaryMessage: { message: JSON.stringify(request) } };
      await client.publishToTopic({ topic: LOCAL_REQUEST_TOPIC, publishMessage });
    },
  };
}

describe.each(['lite', 'java'] as const)('another component of the device, under %s', (personality) => {
  it.each(['json', 'binary'] as const)('asks over the local topic as %s and is answered so', async (kind) => {
    const { core, telemetry } = await device(personality);
    const kiosk = await asker(core);

    await kiosk.ask(kind, { schemaVersion: 1, id: 'ask-1', replyTo, texts: ['wake me at seven', 'play some jazz'] });
    await kiosk.ask(kind, { schemaVersion: 1, id: 'ask-2', replyTo, model: 'absent', texts: ['x'] });
    await until(() => kiosk.replies.length === 2);
    await telemetry.until((messages) => resultsOf(messages).length >= 2);

    const byId = new Map(kiosk.replies.map(({ reply }) => [reply.id, reply]));
    expect(kiosk.replies.map((reply) => reply.kind)).toEqual([kind, kind]);
    expect(byId.get('ask-1')).toMatchObject({
      part: 1,
      parts: 1,
      results: [{ label: 'alarm' }, { label: 'play_music' }],
    });
    expect(JSON.stringify(byId.get('ask-2'))).toContain('SOURCE_MODEL_UNKNOWN');
  });

  it('is answered by a model that came with many texts, in parts that the nucleus takes (fact L4)', async () => {
    const { core } = await device(personality, { runnersUp: 10 });
    const kiosk = await asker(core);
    const texts = Array.from({ length: 60 }, (_, index) => `play song ${index}`);

    await kiosk.ask('json', { schemaVersion: 1, id: 'many', replyTo, texts });
    await until(() => kiosk.replies.length > 0 && kiosk.replies.length === kiosk.replies[0]?.reply.parts);

    const results = kiosk.replies.flatMap(({ reply }) => reply.results);
    expect(kiosk.replies.length).toBeGreaterThan(1);
    expect(results).toHaveLength(texts.length);
    expect(core.component(RUNTIME).restarts).toBe(0);
  });

  it('asks in vain where a recipe of before does not allow it: told as an event, and the cloud is still served', async () => {
    const { [MQTT_SERVICE]: mqttAlone } = accessControlFor(RUNTIME);
    const { telemetry } = await device(personality, { accessControl: { [MQTT_SERVICE]: mqttAlone } });

    await telemetry.until((messages) => eventsOf(messages).some(({ name }) => name === 'source-failing'));
    await telemetry.classify(place, [{ id: 'a', text: 'play some jazz' }]);
    await telemetry.until((messages) => resultsOf(messages).length > 0);

    const event = eventsOf(telemetry.messages).find(({ name }) => name === 'source-failing');
    expect(event).toMatchObject({
      code: 'LINK_SUBSCRIBE_REFUSED',
      message: expect.stringContaining(LOCAL_REQUEST_TOPIC),
    });
    expect(resultsOf(telemetry.messages)[0]).toMatchObject({ label: 'play_music' });
  });
});
