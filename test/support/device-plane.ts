import { Agent, request } from 'node:https';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { onTestFinished } from 'vitest';
import { type Broker, startBroker } from '../../cloud/local/broker/broker.ts';
import type { Credential } from '../../cloud/local/certificates/authority.ts';
import { type DevicePlane, startDevicePlane } from '../../cloud/local/device-plane/device-plane.ts';
import { type GreengrassStack, type GreengrassStackOptions, startGreengrassStack } from './greengrass-stack.ts';

export interface PlaneStack extends GreengrassStack {
  readonly broker: Broker;
  readonly plane: DevicePlane;
  /** Makes a thing, in groups that are made where they aren't there, and gives it a certificate. */
  enrol(thing: string, ...groups: string[]): Promise<Credential>;
}

/** The stood-in cloud with both its halves, a broker between them. */
export async function startPlaneStack(options: GreengrassStackOptions = {}): Promise<PlaneStack> {
  const stack = await startGreengrassStack(options);
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const plane = await startDevicePlane({
    authority: stack.authority,
    registry: stack.registry,
    certificates: stack.certificates,
    roleAliases: stack.roleAliases,
    jobs: stack.iotJobs,
    greengrass: stack.greengrassService,
    keyring: stack.keyring,
    broker,
    s3Url: stack.url,
    ...(options.now ? { clock: options.now } : {}),
  });
  onTestFinished(() => plane.close());
  const clock = options.now ?? (() => new Date());
  return {
    ...stack,
    broker,
    plane,
    async enrol(thing, ...groups) {
      const { registry } = stack;
      registry.createThing(thing, {});
      for (const group of groups) {
        registry.createGroup(group, undefined, clock());
        registry.addToGroup(thing, group);
      }
      return plane.enrol(thing);
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly error: string | undefined;
  readonly body: unknown;
}

/** Asks the plane as a device does, with Node's own client. */
export function askPlane(
  { plane }: PlaneStack,
  path: string,
  credential: Partial<Credential>,
  more: { readonly body?: object; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const agent = new Agent({ ca: plane.address.authority, cert: credential.certificate, key: credential.key });
  const text = more.body && JSON.stringify(more.body);
  return new Promise((resolve, reject) => {
    const asked = request(
      `${plane.address.dataUrl}${path}`,
      { agent, method: text === undefined ? 'GET' : 'POST', headers: { ...more.headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const error = response.headers['x-amzn-errortype'];
          resolve({
            status: response.statusCode ?? 0,
            error: typeof error === 'string' ? error : undefined,
            body: JSON.parse(Buffer.concat(chunks).toString() || 'null'),
          });
        });
      },
    );
    asked.on('error', reject);
    asked.end(text);
  });
}

/** A device's connection, ended with the test. */
export async function connectDevice(
  { plane }: PlaneStack,
  clientId: string,
  credential: Partial<Credential>,
  more: IClientOptions = {},
): Promise<MqttClient> {
  const { authority, mqttUrl } = plane.address;
  const { certificate, key } = credential;
  const shown = certificate === undefined || key === undefined ? {} : { cert: certificate, key };
  const client = await connectAsync(mqttUrl, { clientId, reconnectPeriod: 0, ca: authority, ...shown, ...more }, false);
  client.on('error', () => undefined);
  onTestFinished(() => client.endAsync(true));
  return client;
}
