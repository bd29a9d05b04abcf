import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SettingsInput } from '../../component/contract/settings.ts';
import type { LinkChange } from '../../component/link/link.ts';
import { MqttLink, type MqttLinkOptions } from '../../component/link/mqtt-link.ts';
import { type Certificates, makeCertificates, pem } from '../support/certificates.ts';
import { compileIntentsMini } from '../support/compiled-bundle.ts';
import { hasMosquitto, type Mosquitto, mosquittoNote, startMosquitto } from '../support/mosquitto.ts';
import { startRuntime } from '../support/runtime-process.ts';

describe.skipIf(!hasMosquitto)(`a broker with TLS, client certificates and passwords${mosquittoNote}`, () => {
  let certificates: Certificates;
  let broker: Mosquitto;
  let url: string;

  beforeAll(async () => {
    certificates = makeCertificates();
    const passwords = path.join(certificates.folder, 'passwords');
    execFileSync('mosquitto_passwd', ['-c', '-b', passwords, 'oven-17', 'secret']);
    broker = await startMosquitto([
      'allow_anonymous false',
      `password_file ${passwords}`,
      `cafile ${certificates.ca}`,
      `certfile ${certificates.server.certificate}`,
      `keyfile ${certificates.server.key}`,
      'require_certificate true',
    ]);
    url = broker.url.replace('mqtt://', 'mqtts://');
  });
  afterAll(async () => {
    await broker.close();
    certificates.remove();
  });

  function firstChange(more: Partial<MqttLinkOptions>): Promise<LinkChange> {
    const { ca, client } = certificates;
    const link = new MqttLink({
      url,
      clientId: 'verge-oven-17',
      cleanSession: true,
      keepAliveSeconds: 30,
      user: 'oven-17',
      password: 'secret',
      tls: { ca: pem(ca), certificate: pem(client.certificate), key: pem(client.key) },
      ...more,
    });
    onTestFinished(() => link.close());
    const changed = new Promise<LinkChange>((resolve) => link.onChange(resolve));
    link.start();
    return changed;
  }

  it('takes a link that has all three', async () => {
    expect(await firstChange({})).toMatchObject({ state: 'connected' });
  });

  it('turns a wrong password down, and the link says so', async () => {
    expect(await firstChange({ password: 'guess' })).toMatchObject({
      state: 'waiting',
      reason: expect.stringMatching(/not authorized|bad user/i),
    });
  });

  it('is not trusted without its authority', async () => {
    const { client } = certificates;
    const tls = { certificate: pem(client.certificate), key: pem(client.key) };

    expect(await firstChange({ tls })).toMatchObject({
      state: 'waiting',
      reason: expect.stringMatching(/certificate/i),
    });
  });

  it('is served by the runtime from files that the settings name', async () => {
    const bundle = compileIntentsMini();
    onTestFinished(() => bundle.remove());
    const passwordFile = path.join(certificates.folder, 'password');
    writeFileSync(passwordFile, 'secret\n');
    const settings: SettingsInput = {
      fleet: 'bakeries',
      thing: 'oven-17',
      models: [bundle.folder],
      brokerUrl: url,
      brokerUser: 'oven-17',
      brokerPasswordFile: passwordFile,
      brokerCaFile: certificates.ca,
      brokerCertificateFile: certificates.client.certificate,
      brokerKeyFile: certificates.client.key,
    };
    const device = startRuntime(settings);
    onTestFinished(() => device.remove());

    await device.logged((line) => line.link === 'connected');
    await device.whenReady();
    device.child.kill('SIGTERM');

    expect(await device.ended).toBe(0);
  });
});
