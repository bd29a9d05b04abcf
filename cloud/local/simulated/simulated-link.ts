import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { matchesFilter } from '../../../component/link/topic-filter.ts';
import type { JobLink } from '../core/cloud/job-listener.ts';

/** What passed over a connection, or over many. */
export interface Traffic {
  sent: number;
  received: number;
}

export interface LinkOptions {
  readonly url: string;
  readonly thing: string;
  readonly tls: Pick<IClientOptions, 'ca' | 'cert' | 'key'>;
  readonly traffic: Traffic;
}

const RECONNECT_MS = 250;

/** How a message goes out, where that is not once and in turn. */
export interface Disorder {
  readonly duplicates: boolean;
  readonly reorders: boolean;
}

/** The one MQTT connection of a simulated device. */
export class SimulatedLink implements JobLink {
  readonly #options: LinkOptions;
  readonly #subscriptions = new Map<string, (topic: string, payload: Buffer) => void>();
  readonly #connectListeners = new Set<() => void>();
  #client: MqttClient | undefined;
  #held: { readonly topic: string; readonly text: string } | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#client?.connected ?? false;
  }

  /** Connects and goes on trying. Resolves with the first connection. */
  connect(): Promise<void> {
    const { url, thing, tls, traffic } = this.#options;
    const client = connect(url, {
      clientId: thing,
      protocolVersion: 4,
      reconnectPeriod: RECONNECT_MS,
      resubscribe: false,
      ...tls,
    });
    this.#client = client;
    client.on('error', () => undefined); // it tries again
    client.on('message', (topic, payload) => {
      traffic.received++;
      for (const [filter, deliver] of this.#subscriptions) if (matchesFilter(filter, topic)) deliver(topic, payload);
    });
    return new Promise((resolve) => {
      client.on('connect', () => {
        client.subscribe([...this.#subscriptions.keys()], { qos: 1 }, () => resolve());
        for (const listener of this.#connectListeners) listener();
      });
    });
  }

  /** Vanishes without a farewell. */
  async disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.endAsync(true);
  }

  async subscribe(filter: string, _qos: 1, deliver: (topic: string, payload: Buffer) => void): Promise<void> {
    this.#subscriptions.set(filter, deliver);
    if (this.#client?.connected) await this.#client.subscribeAsync(filter, { qos: 1 });
  }

  tell(topic: string, message: object): void {
    void this.#send(topic, JSON.stringify(message));
  }

  onConnect(listener: () => void): void {
    this.#connectListeners.add(listener);
    if (this.isConnected) listener();
  }

  /** Resolves when the broker has it, and at once where the connection is away: such a message is lost. */
  async publish(topic: string, message: object, { duplicates, reorders }: Disorder): Promise<void> {
    const text = JSON.stringify(message);
    const late = this.#held;
    this.#held = reorders && !late ? { topic, text } : undefined;
    if (this.#held) return;
    for (let count = duplicates ? 2 : 1; count > 0; count--) await this.#send(topic, text);
    if (late) await this.#send(late.topic, late.text);
  }

  async #send(topic: string, text: string): Promise<void> {
    const client = this.#client;
    if (!client?.connected) return;
    this.#options.traffic.sent++;
    await client.publishAsync(topic, text, { qos: 1 }).catch(() => undefined); // the connection broke
  }
}
