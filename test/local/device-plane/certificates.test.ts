import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { io, iot, mqtt } from 'aws-crt';
import { describe, expect, it } from 'vitest';
import { openAuthority } from '../../../cloud/local/certificates/authority.ts';
import { connectDevice, startPlaneStack } from '../../support/device-plane.ts';
import { scratchFolder } from '../../support/scratch.ts';

function openssl(...words: string[]): string {
  return execFileSync('openssl', words, { encoding: 'utf8', stdio: 'pipe' });
}

describe('the certificate authority of the local cloud', () => {
  it('issues what openssl takes for a server and for a client, and for nothing else', async () => {
    const folder = scratchFolder();
    const authority = await openAuthority(folder);
    const [server, client] = [path.join(folder, 'server.pem'), path.join(folder, 'client.pem')];
    writeFileSync(server, (await authority.issueServer(['localhost', '127.0.0.1'])).certificate);
    writeFileSync(client, (await authority.issueClient()).certificate);
    const verify = (...words: string[]): string =>
      openssl('verify', '-x509_strict', '-CAfile', authority.certificateFile, ...words).trim();

    const asServer = verify('-purpose', 'sslserver', '-verify_ip', '127.0.0.1', server);
    const asClient = verify('-purpose', 'sslclient', client);
    const names = openssl('x509', '-in', server, '-noout', '-ext', 'subjectAltName');

    expect(asServer).toBe(`${server}: OK`);
    expect(asClient).toBe(`${client}: OK`);
    expect(names).toContain('DNS:localhost, IP Address:127.0.0.1');
    expect(() => verify('-purpose', 'sslserver', client)).toThrow();
  });

  it('is the same one after a restart, with a key that others cannot read', async () => {
    const folder = scratchFolder();
    const first = await openAuthority(folder);
    const issued = path.join(folder, 'client.pem');
    writeFileSync(issued, (await first.issueClient()).certificate);

    const second = await openAuthority(folder);
    const verified = openssl('verify', '-CAfile', second.certificateFile, issued).trim();
    const mode = statSync(path.join(folder, 'ca.key')).mode & 0o777;

    expect(second.certificate).toBe(first.certificate);
    expect(verified).toBe(`${issued}: OK`);
    expect(mode).toBe(0o600);
  });
});

describe('the secure listener of the broker', () => {
  it('takes the client that AWS builds its devices on', async () => {
    const stack = await startPlaneStack();
    const { certificate, key } = await stack.enrol('oven-1');
    const { hostname, port } = new URL(stack.plane.address.mqttUrl);
    const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(certificate, key)
      .with_certificate_authority(stack.plane.address.authority)
      .with_endpoint(hostname)
      .with_port(Number(port))
      .with_client_id('oven-1')
      .with_clean_session(true)
      .build();
    const connection = new mqtt.MqttClient(new io.ClientBootstrap()).new_connection(config);

    const resumed = await connection.connect();
    const { error_code: refused } = await connection.subscribe('$aws/things/oven-1/jobs/#', mqtt.QoS.AtLeastOnce);
    const { packet_id: published } = await connection.publish('dt/verge/b/oven-1/health', '{}', mqtt.QoS.AtLeastOnce);
    await connection.disconnect();

    expect(resumed).toBe(false);
    expect(refused).toBe(0);
    expect(published).toBeGreaterThan(0);
  });

  it('goes away and comes back with the broker, on the same port', async () => {
    const stack = await startPlaneStack();
    const oven = await stack.enrol('oven-1');
    const first = await connectDevice(stack, 'oven-1', oven);
    const closed = new Promise((resolve) => first.once('close', () => resolve('closed')));

    await stack.broker.interrupt();
    const ended = await closed;
    const refused = await connectDevice(stack, 'oven-1', oven).then(() => 'taken', String);
    await stack.broker.resume();
    const second = await connectDevice(stack, 'oven-1', oven);

    expect(ended).toBe('closed');
    expect(refused).toMatch(/ECONNREFUSED/);
    expect(second.connected).toBe(true);
  });
});
