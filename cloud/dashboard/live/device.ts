import type { HealthData } from '../../../component/contract/health.ts';
import { type DeviceRow, type HealthPoint, type ResultRow, versionId } from '../wire/frame.ts';

/** An hour of heartbeats. */
const HEALTH_POINTS = 60;
const NEWEST_RESULTS = 10;
/** Signals that drift at once; a device has a few models of six signals each. */
const MAX_DRIFTS = 60;
/** A device that speaks often is not sent to the page for each word. */
const HEARD_STEP_MS = 5_000;

/** What is known of one device. */
export class Device {
  readonly fleet: string;
  readonly thing: string;
  revision = 0;
  health: HealthData | undefined;
  readonly points: HealthPoint[] = [];
  readonly results: ResultRow[] = [];
  /** By model and signal. */
  readonly drifts = new Map<
    string,
    { readonly model: string; readonly signal: string; readonly value: number; readonly bound: number }
  >();
  #heardMs = 0;
  #toldMs = 0;

  constructor(fleet: string, thing: string) {
    this.fleet = fleet;
    this.thing = thing;
  }

  /** True where that is news for the page. */
  heard(atMs: number): boolean {
    this.#heardMs = Math.max(this.#heardMs, atMs);
    if (this.#heardMs - this.#toldMs < HEARD_STEP_MS) return false;
    this.#toldMs = this.#heardMs;
    return true;
  }

  takeHealth(data: HealthData, atMs: number): void {
    // The last will is written before anything has happened: it says that the device is lost, and nothing else that is new.
    const isWill = data.seq === 0;
    this.health = isWill && this.health?.boot === data.boot ? { ...this.health, state: data.state } : data;
    if (isWill || data.latencyMs === undefined) return;
    const { textsPerSecond = 0, latencyMs, rssBytes = 0, outbox, queue } = data;
    this.points.push([
      atMs,
      textsPerSecond,
      latencyMs.p50,
      latencyMs.p99,
      rssBytes,
      outbox?.results ?? 0,
      queue?.pending ?? 0,
    ]);
    if (this.points.length > HEALTH_POINTS) this.points.shift();
  }

  takeResult(row: ResultRow): void {
    if (this.results.push(row) > NEWEST_RESULTS) this.results.shift();
  }

  /** Of so many that no device has them, the oldest make room. */
  beginDrift(model: string, drift: { readonly signal: string; readonly value: number; readonly bound: number }): void {
    this.drifts.set(`${model} ${drift.signal}`, { model, ...drift });
    if (this.drifts.size > MAX_DRIFTS) this.drifts.delete(this.drifts.keys().next().value ?? '');
  }

  endDrift(model: string, signal: string): void {
    this.drifts.delete(`${model} ${signal}`);
  }

  row(): DeviceRow {
    const { health } = this;
    return {
      fleet: this.fleet,
      thing: this.thing,
      state: health?.state ?? 'no-health',
      heardMs: this.#heardMs,
      heartbeatSeconds: health?.heartbeatSeconds ?? 0,
      models: health?.models.map(versionId) ?? [],
      runtimeVersion: health?.runtimeVersion ?? '',
      outbox: health?.outbox?.results ?? 0,
      outboxOldestSeconds: health?.outbox?.oldestSeconds ?? 0,
      textsPerSecond: health?.textsPerSecond ?? 0,
      p50: health?.latencyMs?.p50 ?? 0,
      p99: health?.latencyMs?.p99 ?? 0,
      restarts: health?.restarts ?? 0,
      rssBytes: health?.rssBytes ?? 0,
      dropped: health?.counts?.dropped ?? 0,
      drifting: this.drifts.size,
    };
  }
}
