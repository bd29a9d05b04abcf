import type { HealthData, HealthState } from '../contract/health.ts';
import { MESSAGE_SCHEMA_VERSION, type ModelReference } from '../contract/parts.ts';
import type { Place } from '../contract/topics.ts';
import type { OutboxCounts, OutboxDepth } from '../outbox/outbox.ts';
import type { CaptureCounts } from './capture/capture.ts';
import type { DeviceFacts } from './device/device-facts.ts';
import type { Latency, Observations } from './observations.ts';

export interface HealthSource {
  readonly place: Place;
  readonly boot: string;
  readonly runtimeVersion: string;
  readonly startedAt: Date;
  readonly heartbeatSeconds: number;
  /** Absent where nobody has looked. */
  readonly device?: DeviceFacts;
}

/** Whatever can tell of the present. */
export interface HealthReadings {
  readonly models: () => ModelReference[];
  readonly challengers: () => ModelReference[];
  readonly queue: () => { readonly pending: number; readonly limit: number };
  readonly outbox: () => OutboxDepth & OutboxCounts;
  readonly observations: Observations;
  /** Undefined where no text is sent for labelling. */
  readonly capture: () => CaptureCounts | undefined;
  /** Undefined where nothing is known of it. */
  readonly clockOffsetMs: () => number | undefined;
}

/** What every health message has, the last will too. */
export function healthHead(source: HealthSource, seq: number, state: HealthState): Omit<HealthData, 'models'> {
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

export interface Moment {
  readonly seq: number;
  readonly state: HealthState;
  /** Since its start, by a clock that doesn't jump. */
  readonly uptimeMs: number;
  readonly reconnects: number;
  readonly cpuShare: number;
}

export function describeHealth(
  source: HealthSource,
  { models, challengers, queue, outbox, observations, capture, clockOffsetMs }: HealthReadings,
  { seq, state, uptimeMs, reconnects, cpuShare }: Moment,
): HealthData {
  const { published, dropped, droppedBy, ...depth } = outbox();
  const { oldestSeconds } = depth;
  const serving = models();
  const compared = challengers();
  const latency = observations.latency();
  const modelLatencies = serving.flatMap(({ name }) => {
    const ofModel = observations.latency(name);
    return ofModel ? [{ model: name, ...quantilesOf(ofModel) }] : [];
  });
  const errors = observations.errors();
  const samples = capture();
  const offsetMs = clockOffsetMs();
  return {
    ...healthHead(source, seq, state),
    models: serving,
    ...(compared.length > 0 ? { challengers: compared } : {}),
    uptimeSeconds: rounded(uptimeMs / 1000),
    queue: queue(),
    outbox: { ...depth, ...(oldestSeconds === undefined ? {} : { oldestSeconds: rounded(oldestSeconds) }) },
    counts: { ...observations.counts(), published, dropped, droppedBy, reconnects },
    ...(latency ? { latencyMs: quantilesOf(latency) } : {}),
    ...(modelLatencies.length > 0 ? { modelLatencies } : {}),
    textsPerSecond: rounded(observations.textsPerSecond()),
    ...(errors.length > 0 ? { errors } : {}),
    ...(samples ? { samples } : {}),
    rssBytes: process.memoryUsage.rss(),
    cpuShare: rounded(cpuShare),
    ...describeDevice(source.device),
    ...(offsetMs === undefined ? {} : { clockOffsetMs: offsetMs }),
  };
}

function describeDevice(device: DeviceFacts | undefined): Partial<HealthData> {
  if (device === undefined) return {};
  const { cpuFeatures, nucleus, restarts, lastEnd } = device;
  return { cpuFeatures: [...cpuFeatures], nucleus, restarts, ...(lastEnd ? { lastEnd } : {}) };
}

function quantilesOf({ count, p50, p90, p99 }: Latency): Latency {
  return { count, p50: rounded(p50), p90: rounded(p90), p99: rounded(p99) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
