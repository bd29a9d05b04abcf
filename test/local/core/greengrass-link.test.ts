import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../../cloud/local/broker/broker.ts';
import type { PersonalityName } from '../../../cloud/local/core/personality.ts';
import type { Core } from '../../../cloud/local/core/start-core.ts';
import { GreengrassLink } from '../../../component/link/greengrass/greengrass-link.ts';
import { IpcSession, type IpcSessionOptions } from '../../../component/link/greengrass/ipc-session.ts';
import { guessNucleus, NUCLEUS_LIMITS, readGreengrassEnvironment } from '../../../component/link/greengrass/nucleus.ts';
import { deferUpdates } from '../../../component/link/greengrass/nucleus-services.ts';
import { mayExitForToken } from '../../../component/link/greengrass/refused-token.ts';
import type { LinkChange } from '../../../component/link/link.ts';
import { whenState } from '../../contract/link-contract.ts';
import { brokenWire } from '../../support/broken-wire.ts';
import { coreWorld, everythingAllowed, until } from '../../support/core.ts';
import { writeRecipe } from '../../support/recipe.ts';

const topic = 'dt/verge/f/oven-17/result';

async function openSession(core: Core, more: Partial<IpcSessionOptions> = {}): Promise<IpcSession> {
  const environment = await core.admit('verge.Runtime', everythingAllowed);
  const session = new IpcSession({ environment, random: () => 0, ...more });
  onTestFinished(() => session.close());
  return session;
}

async function connectedLink(core: Core, personality: PersonalityName): Promise<GreengrassLink> {
  await until(core.cloud.connected);
  const session = await openSession(core);
  const link = new GreengrassLink({ session, limits: NUCLEUS_LIMITS[personality], random: () => 0 });
  onTestFinished(() => link.close());
  link.start();
  await whenState(link, 'connected');
  return link;
}

async function listen(url: string): Promise<string[]> {
  const client = await connectAsync(url);
  onTestFinished(() => client.endAsync(true));
  const payloads: string[] = [];
  client.on('message', (_topic, payload) => payloads.push(payload.toString('utf8')));
  await client.subscribeAsync('dt/#', { qos: 1 });
  return payloads;
}

const publish = (link: GreengrassLink, text: string): Promise<void> =>
  link.publish(topic, Buffer.from(text), { qos: 1 });

describe.each(['lite', 'java'] as const)('the Greengrass link under %s', (personality) => {
  it('gives up a publish that the connection breaks under, and connects anew (fact I2)', async () => {
    const { core } = await coreWorld(personality);
    const link = await connectedLink(core, personality);
    core.ipc.faults.drop({ operation: 'PublishToIoTCore', when: 'before' });

    const [lost] = await Promise.allSettled([publish(link, 'lost')]);
    await whenState(link, 'connected');
    await publish(link, 'sent');

    expect(lost).toMatchObject({ reason: { code: 'LINK_DOWN' } });
  });

  it('keeps its connection when a subscription is stopped while it is being asked for', async () => {
    const { core } = await coreWorld(personality);
    const link = await connectedLink(core, personality);
    const changes: LinkChange[] = [];
    link.onChange((change) => changes.push(change));
    const release = core.ipc.faults.holdAnswers('SubscribeToIoTCore');
    const heard: string[] = [];
    const subscription = link.subscribe(topic, async ({ payload }) => void heard.push(Buffer.from(payload).toString()));

    subscription.stop();
    release();
    const others: string[] = [];
    await link.subscribe(topic, async (message) => void others.push(message.topic)).granted;
    await publish(link, 'x');
    await until(() => others.length > 0);

    expect(changes).toEqual([]);
    expect(heard).toEqual([]);
  });

  it('survives a daemon that closes connections as they come (fact I2)', async () => {
    const { core } = await coreWorld(personality);
    const link = await connectedLink(core, personality);
    const waiting = whenState(link, 'waiting');
    await core.ipc.stop();
    await waiting;
    let closed = 0;
    const rude = createServer((socket) => {
      closed++;
      socket.destroy();
    }).listen(core.socketPath);

    await until(() => closed >= 5);
    await new Promise((resolve) => rude.close(resolve));
    const back = whenState(link, 'connected');
    await core.ipc.restart();
    await back;

    await expect(publish(link, 'x')).resolves.toBeUndefined();
  });

  it('leaves no connection behind over twenty breaks (fact I2)', async () => {
    const { core } = await coreWorld(personality);
    const link = await connectedLink(core, personality);

    for (let round = 0; round < 20; round++) {
      const waiting = whenState(link, 'waiting');
      core.ipc.dropConnections();
      await waiting;
      await whenState(link, 'connected');
    }

    await until(() => core.ipc.connectionCount() === 1);
  });

  it('says that it is refused where the recipe does not allow a topic (fact G7)', async () => {
    const { core } = await coreWorld(personality);
    const link = await connectedLink(core, personality);
    await core.admit('verge.Runtime', { accessControl: {} });
    const changes: LinkChange[] = [];
    link.onChange((change) => changes.push(change));

    const [sent] = await Promise.allSettled([publish(link, 'x')]);
    const [granted] = await Promise.allSettled([link.subscribe('cmd/x', async () => undefined).granted]);

    expect(sent).toMatchObject({ reason: { code: 'LINK_PUBLISH_REFUSED' } });
    expect(granted).toMatchObject({ reason: { code: 'LINK_SUBSCRIBE_REFUSED' } });
    expect(changes).toMatchObject([{ refused: true }]);
  });

  it('refuses a payload over what the nucleus takes, and stays connected (facts L4, G8)', async () => {
    const { core } = await coreWorld(personality);
    const link = await connectedLink(core, personality);
    const limit = NUCLEUS_LIMITS[personality].payloadBytes ?? 0;

    await publish(link, 'x'.repeat(limit));
    const [refused] = await Promise.allSettled([publish(link, 'x'.repeat(limit + 1))]);

    expect(refused).toMatchObject({ reason: { code: 'LINK_PUBLISH_REFUSED' } });
    expect(link.state).toBe('connected');
  });

  it('carries a burst far beyond what the nucleus takes at once, in order (facts L5, G8)', async () => {
    const { core, broker } = await coreWorld(personality);
    const payloads = await listen(broker.url);
    const link = await connectedLink(core, personality);
    const texts = Array.from({ length: 300 }, (_, index) => `${index} ${'x'.repeat(3000)}`);

    await Promise.all(texts.map((text) => publish(link, text)));

    await until(() => payloads.length >= texts.length);
    expect(payloads).toEqual(texts);
  });

  it('tells once of a token that is refused again and again, and goes on trying (fact L7)', async () => {
    const { core } = await coreWorld(personality);
    const told: string[] = [];
    const session = await openSession(core, { onTokenRefused: () => told.push('refused') });
    const connected = new Promise<void>((resolve) => {
      session.onChange(({ state }) => state === 'connected' && resolve());
    });
    core.ipc.faults.refuseTokens = true;

    session.start();
    await until(() => told.length > 0);
    core.ipc.faults.refuseTokens = false;
    await connected;

    expect(told).toEqual(['refused']);
  });

  it('asks once for what the nucleus may not have, and remembers the answer (fact L6)', async () => {
    const { core } = await coreWorld(personality);
    const session = await openSession(core);
    session.start();
    await until(() => session.state === 'connected');
    let asked = 0;
    const ask = (): Promise<boolean> =>
      session.attempt('component-updates', (connection) => {
        asked++;
        return connection.call('a subscription', (client) => client.subscribeToComponentUpdates({}).activate());
      });

    const answers = [await ask(), await ask()];

    expect(answers).toEqual(personality === 'java' ? [true, true] : [false, false]);
    expect(asked).toBe(personality === 'java' ? 2 : 1);
  });
});

describe('a deployment on the Java nucleus', () => {
  it('waits while texts are being answered, and goes on when they are (fact L6)', async () => {
    const { core } = await coreWorld('java', { settleMs: 0 });
    const run = 'exec sleep 1000';
    for (const version of ['1.0.0', '2.0.0']) writeRecipe(core, { name: 'verge.Runtime', version, lifecycle: { run } });
    await core.deploy({ components: { 'verge.Runtime': { version: '1.0.0' } } });
    const asked: string[] = [];
    const busy = [true, true, false];
    const session = await openSession(core);
    await deferUpdates(session, () => {
      asked.push(core.component('verge.Runtime').recipe.version);
      return busy.shift() ?? false;
    });
    session.start();
    await until(() => session.capabilities()['component-updates'] === true);

    const outcome = await core.deploy({ components: { 'verge.Runtime': { version: '2.0.0' } } });

    expect(outcome.status).toBe('SUCCEEDED');
    expect(asked).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  });
});

describe('the Greengrass link under lite', () => {
  it('waits while the broker is away, and says so once; then it goes on (fact L5)', async () => {
    const { core, broker } = await coreWorld('lite');
    const payloads = await listen(broker.url);
    const link = await connectedLink(core, 'lite');
    const changes: LinkChange[] = [];
    link.onChange((change) => changes.push(change));
    await core.cloud.disconnect();

    const [down] = await Promise.allSettled([publish(link, 'while away')]);
    const [refused] = await Promise.allSettled([publish(link, 'refused at once')]);
    const back = whenState(link, 'connected');
    core.cloud.reconnect();
    await back;
    await publish(link, 'after');

    expect(down).toMatchObject({ reason: { code: 'LINK_DOWN' } });
    expect(refused).toMatchObject({ reason: { code: 'LINK_DOWN' } });
    expect(changes.map(({ state }) => state)).toEqual(['waiting', 'connected']);
    await until(() => payloads.includes('after'));
    expect(payloads).toEqual(['while away', 'after']); // the first was the one to try with
  });
});

describe.each(['lite', 'java'] as const)(
  'the Greengrass link under %s, when the wire to the broker loses things',
  (personality) => {
    it('loses nothing that the nucleus had taken, though lite forgets it (fact L5)', async () => {
      const broker = await startBroker({ port: 0, host: '127.0.0.1' });
      onTestFinished(() => broker.close());
      const payloads = await listen(broker.url);
      const wire = await brokenWire(broker.url);
      const { core, log } = await coreWorld(personality, { broker: wire.url });
      const link = await connectedLink(core, personality);
      const texts = ['taken 1', 'taken 2', 'taken 3'];

      wire.swallow();
      for (const text of texts) await publish(link, text);
      wire.cut();
      await until(() => !core.cloud.connected());
      const away = publish(link, 'while away').catch(() => undefined);
      if (personality === 'lite') await whenState(link, 'waiting');
      wire.mend();
      await Promise.all([away, whenState(link, 'connected')]);

      await until(() => [...texts, 'while away'].every((text) => payloads.includes(text)));
      expect(log.some((line) => line.includes('forgets 3 messages'))).toBe(personality === 'lite');
    });
  },
);

describe('where the runtime runs', () => {
  it('is read from the environment (fact I1), and the kind of nucleus guessed from the socket', () => {
    const socket = 'AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT';

    const environment = readGreengrassEnvironment({
      [socket]: '/r/ipc.socket',
      SVCUID: 't',
      AWS_IOT_THING_NAME: 'oven',
    });

    expect(environment).toMatchObject({ socketPath: '/r/ipc.socket', token: 't', thing: 'oven' });
    expect(readGreengrassEnvironment({ [socket]: '/r/ipc.socket' })).toBeUndefined();
    expect(guessNucleus({ socketPath: '/greengrass/v2/ipc.socket' })).toBe('java');
    expect(guessNucleus({ socketPath: '/var/lib/greengrass/gg-ipc.socket' })).toBe('lite');
    expect(guessNucleus({ socketPath: '/somewhere/else' })).toBe('lite');
  });
});

describe('a refused token', () => {
  it('ends the process once an hour at most, over all its lives (fact L7)', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-token-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const start = new Date('2026-05-04T09:00:00Z');
    const after = (minutes: number): Date => new Date(start.getTime() + minutes * 60_000);

    const answers = [];
    for (const minutes of [0, 1, 59, 60, 61]) answers.push(await mayExitForToken(folder, after(minutes)));
    const nowhere = await mayExitForToken(path.join(folder, 'absent'), start);

    expect(answers).toEqual([true, false, false, true, false]);
    expect(nowhere).toBe(false);
  });
});
