import { makeEnvelope } from '../contract/envelope.ts';
import type { HealthData, HealthState } from '../contract/health.ts';
import { MESSAGE_SCHEMA_VERSION, type ModelReference } from '../contract/parts.ts';
import { type Place, telemetryTopic } from '../contract/topics.ts';
import type { Link } from '../link/link.ts';
import type { OutboxDepth } from '../outbox/outbox.ts';
import type { Observations } from './observations.ts';

export interface HealthSource {
  readonly place: Place;
  readonly boot: string;
  readonly runtimeVersion: string;
  readonly startedAt: Date;
  readonly heartbeatSeconds: number;
}

export interface HeartbeatOptions {
  readonly source: HealthSource;
  readonly link: Link;
  readonly now: () => Date;
  readonly nextSeq: () => number;
  readonly models: () => ModelReference[];
  readonly queue: () => { readonly pending: number; readonly limit: number };
  readonly outbox: () => OutboxDepth & { readonly published: number; readonly dropped: number };
  readonly observations: Observations;
}

/** The message that the broker sends in a device's place when it vanishes. */
export function lastWill(source: HealthSource): Uint8Array {
  return encode(source, { ...head(source, 0, 'lost'), models: [] }, source.startedAt);
}

/** Says how the runtime is: on every change of state, with every connection, and every `heartbeatSeconds`. */
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

  /** Beats from now on; called again, at the period that is in force then. */
  start(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.beat(), this.#options.source.heartbeatSeconds * 1000);
    this.#timer.unref();
  }

  /** Tells a new state. Resolves when the message is acknowledged, or could not be sent: health is of the moment. */
  async change(state: HealthState): Promise<void> {
    this.#state = state;
    await this.beat();
  }

  async beat(): Promise<void> {
    const { link, source, nextSeq, now } = this.#options;
    if (link.state !== 'connected') return;
    const payload = encode(source, this.#describe(nextSeq()), now());
    await link.publish(telemetryTopic(source.place, 'health'), payload, { qos: 1 }).catch(() => undefined);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unlisten();
  }

  #describe(seq: number): HealthData {
    const { source, models, queue, outbox, observations, now } = this.#options;
    const { published, dropped, ...depth } = outbox();
    const latency = observations.latency();
    return {
      ...head(source, seq, this.#state),
      models: models(),
      uptimeSeconds: rounded((now().getTime() - source.startedAt.getTime()) / 1000),
      queue: queue(),
      outbox: depth,
      counts: { ...observations.counts(), published, dropped, reconnects: Math.max(0, this.#connections - 1) },
      ...(latency
        ? {
            latencyMs: {
              count: latency.count,
              p50: rounded(latency.p50),
              p90: rounded(latency.p90),
              p99: rounded(latency.p99),
            },
          }
        : {}),
      rssBytes: process.memoryUsage.rss(),
      cpuShare: this.#cpuShare(),
    };
  }

  #cpuShare(): number {
    const at = performance.now();
    const used = process.cpuUsage(this.#measured.cpu);
    const share = (used.user + used.system) / 1000 / Math.max(1, at - this.#measured.at);
    this.#measured = { at, cpu: process.cpuUsage() };
    return rounded(share);
  }
}

function head(source: HealthSource, seq: number, state: HealthState): Omit<HealthData, 'models'> {
  const { boot, runtimeVersion, startedAt, heartbeatSeconds } = source;
  return {
    schemaVersion: MESSAGE_SCHEMA_VERSION,
    boot,
    seq,
    state,
    runtimeVersion,
    startedAt: startedAt.toISOString(),
    heartbeatSeconds,
  };
}

function encode({ place }: HealthSource, data: HealthData, time: Date): Uint8Array {
  return Buffer.from(JSON.stringify(makeEnvelope(place, 'health', data, time)));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
