import { useEffect, useReducer } from 'preact/hooks';
import {
  type DeviceRow,
  deviceKey,
  type EventRow,
  type Frame,
  type RolloutView,
  type SampleRow,
  type Summary,
  type TrafficPoint,
  type VersionView,
} from '../../wire/frame.ts';
import { unpackDevice } from '../../wire/pack.ts';
import { type ShownState, shownState } from '../../wire/silence.ts';
import { WINDOW_NAMES, WINDOWS, type WindowName } from '../../wire/windows.ts';

const MAX_EVENTS = 1_000;
const MAX_SAMPLES = 500;

/** What the server has told, put together from its frames. */
export class Store {
  /** By the server's clock, as of the last frame; 0 before the first. */
  nowMs = 0;
  connected = false;
  summary: Summary | undefined;
  readonly devices = new Map<string, DeviceRow>();
  readonly traffic: Readonly<Record<WindowName, Map<number, TrafficPoint>>> = {
    '15m': new Map(),
    '6h': new Map(),
    '7d': new Map(),
  };
  readonly versions = new Map<string, VersionView>();
  readonly rollouts = new Map<string, RolloutView>();
  /** The newest first. */
  events: readonly EventRow[] = [];
  samples: readonly SampleRow[] = [];
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setConnected(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    this.#tell();
  }

  take(frame: Frame): void {
    if (frame.full) this.#forget();
    this.nowMs = frame.nowMs;
    this.summary = frame.summary;
    this.connected = true;
    for (const packed of frame.devices) {
      const row = unpackDevice(packed);
      this.devices.set(deviceKey(row), row);
    }
    for (const key of frame.gone) this.devices.delete(key);
    for (const name of WINDOW_NAMES) this.#takeTraffic(name, frame.traffic[name]);
    for (const version of frame.versions) this.versions.set(version.id, version);
    for (const rollout of frame.rollouts) this.rollouts.set(rollout.id, rollout);
    this.events = newestFirst(frame.events, this.events, MAX_EVENTS);
    this.samples = newestFirst(frame.samples, this.samples, MAX_SAMPLES);
    this.#tell();
  }

  stateOf(row: DeviceRow): ShownState {
    return shownState(row, this.nowMs);
  }

  #takeTraffic(name: WindowName, points: readonly TrafficPoint[]): void {
    const known = this.traffic[name];
    for (const point of points) known.set(point[0], point);
    const oldest = this.nowMs - WINDOWS[name].stepMs * (WINDOWS[name].steps + 1);
    for (const start of known.keys()) if (start < oldest) known.delete(start);
  }

  #forget(): void {
    this.devices.clear();
    this.versions.clear();
    this.rollouts.clear();
    for (const name of WINDOW_NAMES) this.traffic[name].clear();
    this.events = [];
    this.samples = [];
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function newestFirst<Row extends { readonly atMs: number }>(
  more: readonly Row[],
  known: readonly Row[],
  limit: number,
): readonly Row[] {
  if (more.length === 0) return known;
  return [...more, ...known].sort((a, b) => b.atMs - a.atMs).slice(0, limit);
}

export const store = new Store();

/** The store, and a new look at it with every frame. */
export function useStore(): Store {
  const [, again] = useReducer((times: number) => times + 1, 0);
  useEffect(() => store.subscribe(() => again(undefined)), []);
  return store;
}
