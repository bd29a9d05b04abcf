import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Place } from '../../component/contract/topics.ts';
import { MqttLink } from '../../component/link/mqtt-link.ts';
import { MemoryStore } from '../../component/outbox/memory-store.ts';
import { Outbox } from '../../component/outbox/outbox.ts';
import { answered } from './results.ts';

/** A device without a model: the product's link and outbox, and answers out of thin air. */
export interface Device {
  /** Answers a text for each id. */
  answer(ids: readonly string[]): Promise<void>;
  /** Resolves when everything is acknowledged. */
  drain(): Promise<void>;
  /** Sends bytes past the outbox. */
  send(topic: string, payload: Uint8Array): Promise<void>;
}

/** @param resultsPerMessage about as many, by the size of a message */
export async function startDevice(url: string, place: Place, resultsPerMessage = 3): Promise<Device> {
  const link = new MqttLink({
    url,
    clientId: `device-${randomBytes(6).toString('hex')}`,
    cleanSession: true,
    keepAliveSeconds: 30,
    random: () => 0,
  });
  const outbox = new Outbox({
    source: { place, boot: 'b1', runtimeVersion: '0.1.0' },
    link,
    store: new MemoryStore(64 * 1024 * 1024),
    messageBytes: 600 + 270 * resultsPerMessage,
    flushWaitMs: 1,
    now: () => new Date(),
    onDropped: () => {
      throw new Error('the device dropped messages');
    },
  });
  onTestFinished(async () => {
    outbox.close();
    await link.close();
  });
  const connected = new Promise<void>((resolve) => {
    link.onChange(({ state }) => {
      if (state === 'connected') resolve();
    });
  });
  link.start();
  await connected;
  return {
    async answer(ids) {
      for (const id of ids) await outbox.append(answered(id));
    },
    async drain() {
      await outbox.drain(new AbortController().signal);
    },
    send: (topic, payload) => link.publish(topic, payload, { qos: 1 }),
  };
}
