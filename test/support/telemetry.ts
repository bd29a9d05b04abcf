import { connectAsync, type MqttClient } from 'mqtt';
import type { CommandText } from '../../component/contract/command.ts';
import { type ReadMessage, readMessage } from '../../component/contract/read-message.ts';
import type { Result } from '../../component/contract/result.ts';
import { commandTopic, type Place } from '../../component/contract/topics.ts';

export interface Telemetry {
  readonly client: MqttClient;
  /** Every message so far, read by the contract's own reader. */
  readonly messages: readonly ReadMessage[];
  /** Resolves when the test says so of what has come. */
  until(done: (messages: readonly ReadMessage[]) => boolean): Promise<void>;
  classify(place: Place, texts: readonly CommandText[], model?: string): Promise<void>;
  close(): Promise<void>;
}

/** Listens to a broker's telemetry, by default to all of it, with a client that isn't ours. */
export async function watchTelemetry(url: string, filter = '#'): Promise<Telemetry> {
  const client = await connectAsync(url, { clientId: 'telemetry-watch', clean: false, reconnectPeriod: 50 });
  const messages: ReadMessage[] = [];
  const waiting = new Set<() => void>();
  client.on('message', (topic, payload) => {
    const read = readMessage(topic, payload);
    if (!read.ok) throw new Error(`${topic}: ${read.failure.message}`);
    messages.push(read.value);
    for (const look of [...waiting]) look();
  });
  await client.subscribeAsync(`dt/verge/${filter}`, { qos: 1 });
  return {
    client,
    messages,
    until(done) {
      return new Promise((resolve) => {
        const look = (): void => {
          if (!done(messages)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
    async classify(place, texts, model) {
      const sentAt = new Date().toISOString();
      const payload = JSON.stringify({ schemaVersion: 1, ...(model === undefined ? {} : { model }), texts, sentAt });
      await client.publishAsync(commandTopic(place, 'classify'), payload, { qos: 1 });
    },
    async close() {
      await client.endAsync(true);
    },
  };
}

/** All results in the order in which they came. */
export function resultsOf(messages: readonly ReadMessage[]): Result[] {
  return messages.flatMap((message) => (message.stream === 'result' ? message.envelope.data.results : []));
}

export function statesOf(messages: readonly ReadMessage[]): string[] {
  return messages.flatMap((message) => (message.stream === 'health' ? [message.envelope.data.state] : []));
}

export function eventsOf(
  messages: readonly ReadMessage[],
): { name: string; code: string | undefined; message: string }[] {
  return messages.flatMap((message) => {
    if (message.stream !== 'event') return [];
    const { name, code, message: words } = message.envelope.data;
    return [{ name, code, message: words }];
  });
}
