import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Aedes } from 'aedes';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBroker } from '../../cloud/local/broker/broker.ts';
import { startDevice } from '../support/device.ts';
import { OVEN } from '../support/messages.ts';
import { hasMosquitto, mosquittoNote, startMosquitto } from '../support/mosquitto.ts';
import { consumerContract, idsFrom, open, takeResults } from './consumer-contract.ts';

consumerContract('the embedded broker', async () => ({
  ...(await startBroker({ port: 0, host: '127.0.0.1' })),
  keepsOrder: false,
}));

/** A broker that refuses what it is told to. */
async function startStrictBroker(rules: { user?: string; topics?: RegExp }): Promise<string> {
  return (await startRuledBroker(rules)).url;
}

/** The same, with rules that may change, and a way to cut every connection. */
async function startRuledBroker(rules: { user?: string; topics?: RegExp }): Promise<{ url: string; cut(): void }> {
  const aedes = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  aedes.authenticate = (_client, user, _password, done) => {
    if (rules.user === undefined || user === rules.user) done(null, true);
    else done(Object.assign(new Error('no'), { returnCode: 5 }), false);
  };
  aedes.authorizeSubscribe = (_client, subscription, done) => {
    done(null, rules.topics === undefined || rules.topics.test(subscription.topic) ? subscription : null);
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
  };
}

describe('a consumer that is turned down', () => {
  it('says so where its credentials are not accepted', async () => {
    const consumer = open({ broker: await startStrictBroker({ user: 'alice' }), user: 'bob', password: 'x' });

    const next = consumer.next();

    await expect(next).rejects.toMatchObject({ code: 'CONSUMER_REFUSED', fault: 'user' });
    await expect(consumer.ready).rejects.toMatchObject({ code: 'CONSUMER_REFUSED' });
    await expect(consumer.next()).resolves.toMatchObject({ done: true });
  });

  it('says which subscription is not granted', async () => {
    const broker = await startStrictBroker({ topics: /result$/ });
    const consumer = open({ broker, streams: ['result', 'sample'] });

    const loop = takeResults(consumer, 1);

    await expect(loop).rejects.toMatchObject({ code: 'LINK_SUBSCRIBE_REFUSED', fault: 'user' });
    await expect(consumer.ready).rejects.toThrow(/sample/);
  });

  it('goes on, and says so, where it had been let in before', async () => {
    const rules: { user?: string; topics?: RegExp } = {};
    const broker = await startRuledBroker(rules);
    const consumer = open({ broker: broker.url, user: 'bob', password: 'x' });
    await consumer.ready;
    const reasons: string[] = [];
    const until = async (words: RegExp): Promise<void> => {
      while (!words.test(reasons.at(-1) ?? '')) {
        const { value } = await consumer.next();
        if (value?.kind === 'link') reasons.push(value.reason);
      }
    };
    rules.topics = /nothing/;
    broker.cut();
    await until(/refused the subscription to dt\/verge\/\+\/\+\/result/);

    rules.user = 'alice';
    broker.cut();
    await until(/Not authorized/);
    rules.user = 'bob';
    rules.topics = /./;
    await until(/began a session/);
    const device = await startDevice(broker.url.replace('//', '//bob@'), OVEN);
    await device.answer(['back']);

    expect(await takeResults(consumer, 1)).toEqual(['back']);
  });
});

describe.skipIf(!hasMosquitto)(`Mosquitto${mosquittoNote}`, () => {
  consumerContract('Mosquitto', async () => {
    const { url, start, stop, close } = await startMosquitto();
    return { url, keepsOrder: true, interrupt: stop, resume: start, close };
  });

  it('shares the messages among the consumers of a group, each result to one of them', async () => {
    const broker = await startMosquitto();
    onTestFinished(broker.close);
    const options = { broker: broker.url, group: 'sinks' };
    const consumers = [open(options), open(options)];
    await Promise.all(consumers.map(({ ready }) => ready));
    const device = await startDevice(broker.url, OVEN, 1);
    const ids = idsFrom(0, 400);
    const shares: string[][] = [[], []];
    let count = 0;

    const loops = consumers.map((consumer, index) =>
      takeResults(consumer, Number.POSITIVE_INFINITY, (item) => {
        if (item.kind === 'result') shares[index]?.push(item.requestId);
        if (item.kind === 'result' && ++count === 400) for (const each of consumers) void each.close();
      }),
    );
    await device.answer(ids);
    await Promise.all(loops);

    const numbers = shares.map((share) => share.map(Number));
    expect(numbers.flat().sort((a, b) => a - b)).toEqual(ids.map(Number));
    for (const share of numbers) expect(share.length).toBeGreaterThan(50);
    expect(consumers.map(({ counts }) => counts.gaps)).toEqual([0, 0]);
  });

  it('reaches a broker by TLS and password, and gives up on a certificate or a password that is not right', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'verge-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const inFolder = (name: string): string => path.join(folder, name);
    makeCertificate(inFolder('cert.pem'), inFolder('key.pem'));
    writeFileSync(inFolder('passwords'), '');
    execFileSync('mosquitto_passwd', ['-b', inFolder('passwords'), 'sink', 'secret'], { stdio: 'ignore' });
    const secured = await startMosquitto([
      `certfile ${inFolder('cert.pem')}`,
      `keyfile ${inFolder('key.pem')}`,
      `password_file ${inFolder('passwords')}`,
      'allow_anonymous false',
    ]);
    onTestFinished(secured.close);
    const good = {
      broker: secured.url.replace('mqtt:', 'mqtts:'),
      user: 'sink',
      password: 'secret',
      tls: { ca: readFileSync(inFolder('cert.pem')) },
    };

    const accepted = await open(good).next();
    const untrusted = open({ ...good, tls: undefined }).next();
    const wrongPassword = open({ ...good, password: 'guess' }).next();

    expect(accepted.value).toMatchObject({ kind: 'link', state: 'connected' });
    await expect(untrusted).rejects.toThrow(/self-signed certificate/);
    await expect(wrongPassword).rejects.toThrow(/Not authorized/);
  });
});

function makeCertificate(certificate: string, key: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', certificate, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  );
}
