import { connectAsync, type MqttClient } from 'mqtt';
import { telemetryTopic } from '../../component/contract/topics.ts';
import { HEARTBEAT_SECONDS, makeHealth, makeResults } from './make-message.ts';

export interface LoadPlan {
  readonly broker: string;
  /** Devices, each with its own connection. */
  readonly devices: number;
  /** Messages of each device in a second. */
  readonly messagesPerSecond: number;
  readonly resultsPerMessage: number;
  /** Names one run, so that its rows are told from those of another. */
  readonly boot: string;
}

/** Simulated devices that send results at a steady pace, evenly over time, and a health message a minute, each with QoS 1. */
export class DeviceLoad {
  readonly #plan: LoadPlan;
  readonly #clients: MqttClient[] = [];
  readonly #open = new Set<Promise<unknown>>();
  /** Ids of the messages that the broker has acknowledged. */
  readonly acknowledged: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #heartbeats: NodeJS.Timeout | undefined;
  #beat = 0;
  #next = 0;
  #began = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  async connect(): Promise<void> {
    for (let device = 0; device < this.#plan.devices; device++) {
      this.#clients.push(await connectAsync(this.#plan.broker, { clientId: `load-${this.#plan.boot}-${device}` }));
      await this.#sendHealth();
    }
  }

  start(): void {
    this.#began = performance.now();
    this.#timer = setInterval(() => this.#send(), 10);
    this.#heartbeats = setInterval(() => this.#sendHealth(), (HEARTBEAT_SECONDS * 1000) / this.#plan.devices);
  }

  /** Resolves when all that was sent is acknowledged. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#heartbeats);
    await Promise.all(this.#open);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#heartbeats);
    await Promise.all(this.#clients.map((client) => client.endAsync(true)));
  }

  /** The next device in turn. */
  async #sendHealth(): Promise<void> {
    const { devices, boot, resultsPerMessage } = this.#plan;
    const device = this.#beat % devices;
    const seq = 1 + Math.floor(this.#beat++ / devices);
    const place = { fleet: 'load', thing: `thing-${device}` };
    const answered = Math.ceil(this.#next / devices) * resultsPerMessage;
    const payload = makeHealth(place, boot, seq, answered);
    await this.#clients[device]?.publishAsync(telemetryTopic(place, 'health'), payload, { qos: 1, retain: true });
  }

  /** What is due by now. */
  #send(): void {
    const { devices, messagesPerSecond, resultsPerMessage, boot } = this.#plan;
    const due = ((performance.now() - this.#began) / 1000) * messagesPerSecond * devices;
    for (; this.#next < due; this.#next++) {
      const device = this.#next % devices;
      const seq = 1 + Math.floor(this.#next / devices);
      const place = { fleet: 'load', thing: `thing-${device}` };
      const payload = makeResults(place, boot, seq, resultsPerMessage);
      const client = this.#clients[device];
      if (client === undefined) continue;
      const sending = client
        .publishAsync(telemetryTopic(place, 'result'), payload, { qos: 1 })
        .then(() => this.acknowledged.push(`${place.thing}:${boot}:${seq}`))
        .finally(() => this.#open.delete(sending));
      this.#open.add(sending);
    }
  }
}
