import { makeEnvelope } from '../contract/envelope.ts';
import type { HealthData, HealthState } from '../contract/health.ts';
import { telemetryTopic } from '../contract/topics.ts';
import type { Link } from '../link/link.ts';
import { describeHealth, type HealthReadings, type HealthSource, healthHead } from './describe-health.ts';
import { fitHealth } from './fit-health.ts';

export interface HeartbeatOptions extends HealthReadings {
  readonly source: HealthSource;
  readonly link: Link;
  readonly now: () => Date;
  /** By a clock that doesn't jump. */
  readonly uptimeMs: () => number;
  readonly nextSeq: () => number;
  /** How far a pause strays, as a share of it. */
  readonly jitter: number;
  readonly random: () => number;
  /** Whatever does not fit is left out. */
  readonly messageBytes: number;
}

/** What IoT Core meters as one message (fact G8); nucleus lite takes 7,300 bytes (fact L4). */
const MAX_HEALTH_BYTES = 5 * 1024;

/** The message that the broker sends in a device's place when it vanishes. */
export function lastWill(source: HealthSource): Uint8Array {
  return encode(source, { ...healthHead(source, 0, 'lost'), models: [] }, source.startedAt);
}

/** Says how the runtime is: on every change of state, with every connection, and about every `heartbeatSeconds`. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #unlisten: () => void;
  #state: HealthState = 'starting';
  #timer: NodeJS.Timeout | undefined;
  #connections = 0;
  #measured = { at: performance.now(), cpu: process.cpuUsage() };

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#unlisten = options.link.onChange(({ state }) => {
      if (state !== 'connected') return;
      this.#connections++;
      void this.beat();
    });
  }

  /** The first beat comes at a random place in the period, and every pause strays, so that a fleet does not speak in chorus. */
  start(): void {
    clearTimeout(this.#timer); // called again, it beats at the period that is in force then
    const { source, jitter, random } = this.#options;
    const again = (seconds: number): void => {
      this.#timer = setTimeout(() => {
        again(source.heartbeatSeconds * (1 + jitter * (2 * random() - 1)));
        void this.beat();
      }, seconds * 1000).unref();
    };
    again(source.heartbeatSeconds * random());
  }

  /** Tells a new state. Resolves when the message is acknowledged, or could not be sent: health is of the moment. */
  async change(state: HealthState): Promise<void> {
    this.#state = state;
    await this.beat();
  }

  async beat(): Promise<void> {
    const { link, source, nextSeq, now, uptimeMs, messageBytes } = this.#options;
    if (link.state !== 'connected') return;
    const time = now();
    const data = describeHealth(source, this.#options, {
      seq: nextSeq(),
      state: this.#state,
      uptimeMs: uptimeMs(),
      reconnects: Math.max(0, this.#connections - 1),
      cpuShare: this.#cpuShare(),
    });
    const sizeOf = (candidate: HealthData): number => encode(source, candidate, time).byteLength;
    const payload = encode(source, fitHealth(data, sizeOf, Math.min(messageBytes, MAX_HEALTH_BYTES)), time);
    await link.publish(telemetryTopic(source.place, 'health'), payload, { qos: 1 }).catch(() => undefined);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#unlisten();
  }

  #cpuShare(): number {
    const at = performance.now();
    const used = process.cpuUsage(this.#measured.cpu);
    const share = (used.user + used.system) / 1000 / Math.max(1, at - this.#measured.at);
    this.#measured = { at, cpu: process.cpuUsage() };
    return share;
  }
}

function encode({ place }: HealthSource, data: HealthData, time: Date): Uint8Array {
  return Buffer.from(JSON.stringify(makeEnvelope(place, 'health', data, time)));
}
