import { Socket } from 'node:net';
import { connect, type MqttClient } from 'mqtt';
import { matchesFilter } from '../../../../component/link/topic-filter.ts';
import { IpcError } from '../ipc/ipc-error.ts';
import type { IotCoreLimits } from '../personality.ts';
import { PublishQueue } from './publish-queue.ts';

export interface IotCoreOptions {
  /** mqtt:// or mqtts:// of the broker that stands for IoT Core. */
  readonly broker: string;
  /** The thing's name is a core device's client id. */
  readonly clientId: string;
  readonly limits: IotCoreLimits;
  /** Of the thing, where the broker wants to see a certificate. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly authority: string } | undefined;
  readonly log: (text: string) => void;
}

/** How long between tries to reach the broker; a real nucleus takes 5 seconds and more. */
const RECONNECT_MS = 250;
const MAX_TOPIC_BYTES = 256;
const MAX_TOPIC_SLASHES = 7;

interface Subscription {
  readonly filter: string;
  readonly qos: 0 | 1;
  readonly deliver: (topic: string, payload: Buffer) => void;
}

/** The one connection to the cloud that all components share. */
export class IotCore {
  readonly #options: IotCoreOptions;
  readonly #client: MqttClient;
  readonly #queue: PublishQueue;
  readonly #subscriptions = new Set<Subscription>();
  readonly #connectListeners = new Set<() => void>();
  #changes: Promise<void> = Promise.resolve();

  constructor(options: IotCoreOptions) {
    this.#options = options;
    const { limits, log, tls } = options;
    this.#client = connect(options.broker, {
      ...(tls ? { cert: tls.certificate, key: tls.key, ca: tls.authority } : {}),
      clientId: options.clientId,
      clean: !limits.keepsSession,
      protocolVersion: 4,
      reconnectPeriod: RECONNECT_MS,
      resubscribe: false,
      queueQoSZero: false,
    });
    this.#queue = new PublishQueue(this.#client, limits, log);
    this.#client.on('error', (error) => log(`the broker: ${error.message}`));
    this.#client.on('connect', () => {
      log('is connected to the broker');
      // Packets are small and wait for answers: Nagle's algorithm would make each cost 40 ms.
      const { stream } = this.#client;
      if (stream instanceof Socket) stream.setNoDelay(true);
      for (const { filter, qos } of this.#subscriptions) this.#client.subscribe(filter, { qos });
      this.#queue.pump();
      for (const listener of this.#connectListeners) listener();
    });
    this.#client.on('close', () => this.#queue.connectionLost());
    this.#client.on('message', (topic, payload) => this.#receive(topic, payload));
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /** Publishes as the nucleus does (facts G8, L4, L5). @throws IpcError InvalidArgumentsError, ServiceError */
  publish(topic: string, payload: Buffer, qos: 0 | 1): void {
    const { maxPayloadBytes } = this.#options.limits;
    const tooLong = Buffer.byteLength(topic) > MAX_TOPIC_BYTES || topic.split('/').length - 1 > MAX_TOPIC_SLASHES;
    if (tooLong || /[+#]/.test(topic)) throw new IpcError('InvalidArgumentsError', `${topic} is no topic of IoT Core`);
    if (payload.length > maxPayloadBytes) {
      throw new IpcError('ServiceError', `the payload has ${payload.length} bytes, over ${maxPayloadBytes}`);
    }
    this.#queue.add({ topic, payload, qos });
  }

  /** Says something for the nucleus itself, if the broker is there now; whoever must be heard says it again. */
  tell(topic: string, message: object): void {
    if (!this.#client.connected) return;
    this.#client.publish(topic, JSON.stringify(message), { qos: 1 }, () => undefined);
  }

  /** Calls for every connection, when what is subscribed to is asked for, and at once where there is one. */
  onConnect(listener: () => void): void {
    this.#connectListeners.add(listener);
    if (this.#client.connected) listener();
  }

  /** Resolves when the broker has granted it, or at once without a connection: then it is asked for with the next. */
  async subscribe(filter: string, qos: 0 | 1, deliver: Subscription['deliver']): Promise<() => void> {
    const subscription: Subscription = { filter, qos, deliver };
    this.#subscriptions.add(subscription);
    await this.#ask(() => this.#client.subscribeAsync(filter, { qos }));
    return () => {
      this.#subscriptions.delete(subscription);
      void this.#ask(async () => {
        const isUsed = [...this.#subscriptions].some((other) => other.filter === filter);
        if (!isUsed) await this.#client.unsubscribeAsync(filter);
      });
    };
  }

  /** Loses the broker until `reconnect` is called. */
  async disconnect(): Promise<void> {
    await this.#client.endAsync(true);
  }

  reconnect(): void {
    this.#client.reconnect();
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  /** One after the other, or the broker may forget a filter that somebody has just asked for again. */
  #ask(change: () => Promise<unknown>): Promise<void> {
    this.#changes = this.#changes.then(async () => {
      if (this.#client.connected) await change().catch(() => undefined); // asked for again with the next connection
    });
    return this.#changes;
  }

  #receive(topic: string, payload: Buffer): void {
    if (payload.length > this.#options.limits.maxInboundBytes) {
      this.#options.log(`drops ${payload.length} bytes on ${topic}`); // fact L4; a real one says nothing at all
      return;
    }
    for (const { filter, deliver } of [...this.#subscriptions]) {
      if (matchesFilter(filter, topic)) deliver(topic, payload);
    }
  }
}
