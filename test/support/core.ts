import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { io } from 'aws-crt';
import { createClient } from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc.js';
import { onTestFinished } from 'vitest';
import { type Broker, startBroker } from '../../cloud/local/broker/broker.ts';
import type { PersonalityName } from '../../cloud/local/core/personality.ts';
import { type Admission, type Core, type CoreOptions, startCore } from '../../cloud/local/core/start-core.ts';

export type IpcClient = ReturnType<typeof createClient>;

/** A policy that lets a component do everything with topics. */
export const everythingAllowed = {
  accessControl: {
    'aws.greengrass.ipc.pubsub': { 'all:1': { operations: ['*'], resources: ['*'] } },
    'aws.greengrass.ipc.mqttproxy': { 'all:2': { operations: ['*'], resources: ['*'] } },
  },
};

export interface CoreWorld {
  readonly core: Core;
  readonly broker: Broker;
  /** What the core said so far. */
  readonly log: readonly string[];
}

/** A core with a broker of its own, both ended with the test. */
export async function coreWorld(personality: PersonalityName, more: Partial<CoreOptions> = {}): Promise<CoreWorld> {
  const root = mkdtempSync(path.join(tmpdir(), 'vc-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const broker = await startBroker({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => broker.close());
  const log: string[] = [];
  const options = { root, thing: 'oven-17', region: 'eu-west-1', personality, broker: broker.url };
  const core = await startCore({ ...options, onLog: (text) => log.push(text), ...more });
  onTestFinished(() => core.close());
  return { core, broker, log };
}

/** The device SDK's own client, not yet connected; closed with the test. */
export function sdkClient({ socketPath, token }: Pick<Admission, 'socketPath' | 'token'>): IpcClient {
  const client = createClient({
    hostName: socketPath,
    port: 0,
    socketOptions: new io.SocketOptions(io.SocketType.STREAM, io.SocketDomain.LOCAL),
    connectTransform: async ({ message }) => ({ ...message, payload: JSON.stringify({ authToken: token }) }),
  });
  onTestFinished(() => client.close());
  return client;
}

/** A connected client of a component that may do everything. */
export async function connectedClient(core: Core, component = 'tester', configuration = {}): Promise<IpcClient> {
  const client = sdkClient(await core.admit(component, { ...everythingAllowed, ...configuration }));
  await client.connect();
  return client;
}

/** Resolves when it is so; looks again whenever the event loop is free. */
export async function until(satisfied: () => boolean): Promise<void> {
  while (!satisfied()) await new Promise((resolve) => setTimeout(resolve, 5));
}
