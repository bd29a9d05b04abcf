import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { model } from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc.js';
import { connectAsync, type MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../cloud/local/broker/broker.ts';
import { brokenWire } from '../../support/broken-wire.ts';
import { connectedClient, coreWorld, everythingAllowed, type IpcClient, sdkClient, until } from '../../support/core.ts';

const QOS1 = '1' as model.QOS; // the SDK's enum, whose values go over the wire as they are
const topic = 'dt/verge/f/oven-17/result';

async function listenToBroker(url: string, filter: string): Promise<{ client: MqttClient; payloads: Buffer[] }> {
  const client = await connectAsync(url);
  onTestFinished(() => client.endAsync(true));
  const payloads: Buffer[] = [];
  client.on('message', (_topic, payload) => payloads.push(payload));
  await client.subscribeAsync(filter, { qos: 1 });
  return { client, payloads };
}

async function subscribeToCloud(client: IpcClient, filter: string): Promise<Buffer[]> {
  const payloads: Buffer[] = [];
  const stream = client.subscribeToIoTCore({ topicName: filter, qos: QOS1 });
  stream.on('message', ({ message }) => payloads.push(Buffer.from((message?.payload ?? '') as Uint8Array)));
  await stream.activate();
  return payloads;
}

describe.each(['lite', 'java'] as const)('the local core as %s, to the device SDK (fact I3)', (personality) => {
  it('lets a component with its token in, and turns any other away (fact L7)', async () => {
    const { core } = await coreWorld(personality);
    const good = sdkClient(await core.admit('tester'));
    const bad = sdkClient({ socketPath: core.socketPath, token: 'stale' });

    await good.connect();
    const refused = bad.connect();

    await expect(refused).rejects.toMatchObject({ type: personality === 'java' ? 2 : 5 });
  });

  it('carries local messages, an event even before the response of its publish (fact I3)', async () => {
    const { core } = await coreWorld(personality);
    const client = await connectedClient(core);
    const stream = client.subscribeToTopic({ topic: 'local/+/x' });
    await stream.activate();
    const release = core.ipc.faults.holdAnswers('PublishToTopic');
    const bytes = randomBytes(512);

    const event = once(stream, 'message');
    let answered = false;
    const publish = client
      .publishToTopic({ topic: 'local/a/x', publishMessage: { binaryMessage: { message: bytes } } })
      .then(() => {
        answered = true;
      });
    const [{ binaryMessage }] = await event;

    expect(answered).toBe(false);
    expect(Buffer.from(binaryMessage.message)).toEqual(bytes);
    expect(binaryMessage.context.topic).toBe('local/a/x');
    release();
    await publish;
  });

  it('bridges topics to the broker and back', async () => {
    const { core, broker } = await coreWorld(personality);
    await until(core.cloud.connected);
    const { client: cloud, payloads } = await listenToBroker(broker.url, 'dt/#');
    const client = await connectedClient(core);
    const received = await subscribeToCloud(client, 'cmd/+/x');

    await client.publishToIoTCore({ topicName: topic, qos: QOS1, payload: 'up' });
    await cloud.publishAsync('cmd/a/x', 'down', { qos: 1 });

    await until(() => payloads.length > 0 && received.length > 0);
    expect(payloads.map(String)).toEqual(['up']);
    expect(received.map(String)).toEqual(['down']);
  });

  it('does what the recipe allows and nothing else, for this thing alone (fact G7)', async () => {
    const { core } = await coreWorld(personality);
    await until(core.cloud.connected);
    const policy = { operations: ['aws.greengrass#PublishToIoTCore'], resources: ['dt/verge/+/{iot:thingName}/#'] };
    const accessControl = { 'aws.greengrass.ipc.mqttproxy': { 'p:1': policy } };
    const client = sdkClient(await core.admit('tester', { accessControl }));
    await client.connect();
    const publish = (topicName: string): Promise<object> => client.publishToIoTCore({ topicName, qos: QOS1 });

    await publish(topic);
    const refused = await Promise.allSettled([
      publish('dt/verge/f/oven-18/result'),
      client.subscribeToIoTCore({ topicName: topic, qos: QOS1 }).activate(),
      client.subscribeToTopic({ topic: 'x' }).activate(),
    ]);

    for (const answer of refused) {
      expect(answer).toMatchObject({
        reason: { serviceError: { _message: expect.stringContaining('is not authorized') } },
      });
    }
  });

  it('reads configuration whole and by path, a leaf in its own key (fact G6), and tells of changes', async () => {
    const { core } = await coreWorld(personality);
    const client = await connectedClient(core, 'tester', { a: { b: 1 }, c: 'd' });
    const stream = client.subscribeToConfigurationUpdate({ keyPath: [] });
    await stream.activate();

    const whole = await client.getConfiguration({ keyPath: [] });
    const map = await client.getConfiguration({ keyPath: ['a'] });
    const leaf = await client.getConfiguration({ keyPath: ['a', 'b'] });
    const [missing] = await Promise.allSettled([client.getConfiguration({ keyPath: ['x'] })]);
    const event = once(stream, 'message');
    await client.updateConfiguration({
      timestamp: new Date(1_700_000_000_500),
      keyPath: ['a'],
      valueToMerge: { b: 2 },
    });

    expect(whole.value).toEqual({ ...everythingAllowed, a: { b: 1 }, c: 'd' });
    expect(map.value).toEqual({ b: 1 });
    expect(leaf.value).toEqual({ b: 1 });
    expect(missing).toMatchObject({ reason: { serviceError: { _message: 'Key not found.' } } });
    expect(await event).toMatchObject([{ configurationUpdateEvent: { componentName: 'tester', keyPath: ['a'] } }]);
    expect(core.configuration('tester').a).toEqual({ b: 2 });
  });

  it('drops a connection before or after the call was carried out, which then never settles (fact I2)', async () => {
    const { core } = await coreWorld(personality);
    const listener = await connectedClient(core, 'listener');
    const stream = listener.subscribeToTopic({ topic: 'x' });
    const heard: string[] = [];
    stream.on('message', ({ jsonMessage }) => heard.push(String(jsonMessage?.message)));
    await stream.activate();

    for (const when of ['before', 'after'] as const) {
      const client = await connectedClient(core, `sender-${when}`);
      core.ipc.faults.drop({ operation: 'PublishToTopic', when });
      const gone = once(client, 'disconnection');
      void client.publishToTopic({ topic: 'x', publishMessage: { jsonMessage: { message: when } } });
      await gone;
    }

    await until(() => heard.length > 0);
    expect(heard).toEqual(['after']);
  });

  it('answers errors when told to', async () => {
    const { core } = await coreWorld(personality);
    const client = await connectedClient(core);
    core.ipc.faults.answerError({ operation: 'GetConfiguration' });

    const first = client.getConfiguration({ keyPath: [] });

    await expect(first).rejects.toMatchObject({ serviceError: { _message: '' } });
    await expect(client.getConfiguration({ keyPath: [] })).resolves.toBeDefined();
  });

  it('keeps configuration over a restart', async () => {
    const { core, broker } = await coreWorld(personality);
    await core.admit('tester', { kept: true });
    await core.close();

    const { core: second } = await coreWorld(personality, { root: core.root, broker: broker.url });

    expect(second.configuration('tester')).toEqual({ kept: true });
  });
});

describe('the local core as lite', () => {
  const publish = (client: IpcClient, sizeBytes: number): Promise<object> =>
    client.publishToIoTCore({ topicName: topic, qos: QOS1, payload: randomBytes(sizeBytes) });

  it('takes 7,300 bytes of payload, and closes the connection over 7,400 (fact L4)', async () => {
    const { core } = await coreWorld('lite');
    await until(core.cloud.connected);
    const client = await connectedClient(core);

    await publish(client, 7300);
    const gone = once(client, 'disconnection');
    void publish(client, 7400);

    await gone;
  });

  it('drops what comes from the cloud over 4,900 bytes (fact L4)', async () => {
    const { core, broker } = await coreWorld('lite');
    await until(core.cloud.connected);
    const client = await connectedClient(core);
    const received = await subscribeToCloud(client, 'cmd/x');
    const { client: cloud } = await listenToBroker(broker.url, 'nothing');

    for (const size of [4901, 4900]) await cloud.publishAsync('cmd/x', randomBytes(size), { qos: 1 });

    await until(() => received.length > 0);
    expect(received.map(({ length }) => length)).toEqual([4900]);
  });

  it('fails a publish at once while the broker is away (fact L5)', async () => {
    const { core, broker } = await coreWorld('lite');
    await until(core.cloud.connected);
    const client = await connectedClient(core);
    await broker.interrupt();
    await until(() => !core.cloud.connected());

    await expect(publish(client, 10)).rejects.toMatchObject({ type: 8 });
  });

  it.each([
    ['10 publishes', { count: 30, sizeBytes: 10, taken: 10 }],
    ['15,000 bytes', { count: 6, sizeBytes: 7000, taken: 2 }],
  ])(
    'takes %s that the broker has not acknowledged, and fails at once what is more (fact L5)',
    async (_what, burst) => {
      const broker = await startBroker({ port: 0, host: '127.0.0.1' });
      onTestFinished(() => broker.close());
      const wire = await brokenWire(broker.url);
      const { core } = await coreWorld('lite', { broker: wire.url });
      await until(core.cloud.connected);
      const client = await connectedClient(core);
      wire.swallow();

      const { count, sizeBytes, taken } = burst;
      const answers = await Promise.allSettled(Array.from({ length: count }, () => publish(client, sizeBytes)));

      expect(answers.map(({ status }) => status)).toEqual([
        ...Array(taken).fill('fulfilled'),
        ...Array(count - taken).fill('rejected'),
      ]);
    },
  );

  it('refuses a timestamp of whole seconds (fact L8)', async () => {
    const { core } = await coreWorld('lite');
    const client = await connectedClient(core);

    const update = client.updateConfiguration({ timestamp: new Date(1_700_000_000_000), valueToMerge: { a: 1 } });

    await expect(update).rejects.toMatchObject({ type: 8 });
  });

  it('answers what it lacks with an error without a message (fact L6)', async () => {
    const { core } = await coreWorld('lite');
    const client = await connectedClient(core);

    const answers = await Promise.allSettled([
      client.subscribeToComponentUpdates({}).activate(),
      client.subscribeToValidateConfigurationUpdates({}).activate(),
      client.listComponents({}),
    ]);

    for (const answer of answers) expect(answer).toMatchObject({ reason: { serviceError: { _message: '' } } });
  });
});

describe('the local core as the Java nucleus', () => {
  const publish = (client: IpcClient, sizeBytes: number, qos = QOS1): Promise<object> =>
    client.publishToIoTCore({ topicName: topic, qos, payload: randomBytes(sizeBytes) });

  it('takes 128 KB and refuses more without a quarrel (fact G8)', async () => {
    const { core } = await coreWorld('java');
    const client = await connectedClient(core);

    await publish(client, 128 * 1024);

    await expect(publish(client, 128 * 1024 + 1)).rejects.toMatchObject({ type: 8 });
  });

  it('spools 2.5 MiB while the broker is away, then refuses, and sends it all later (fact G8)', async () => {
    const { core, broker } = await coreWorld('java');
    const client = await connectedClient(core);
    await until(core.cloud.connected);
    await core.cloud.disconnect();
    const { payloads } = await listenToBroker(broker.url, 'dt/#');

    for (let index = 0; index < 20; index++) await publish(client, 128 * 1024);
    const full = publish(client, 1);
    await expect(full).rejects.toMatchObject({ type: 8 });
    core.cloud.reconnect();

    await until(() => payloads.length === 20);
  });
});
