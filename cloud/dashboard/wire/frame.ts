import type { ShownState } from './silence.ts';
import type { WindowName } from './windows.ts';

/** One device, as the fleet table shows it. Times are milliseconds since 1970, of the server's clock. */
export interface DeviceRow {
  readonly fleet: string;
  readonly thing: string;
  readonly state: ShownState;
  /** When the last message of any kind came; up to a few seconds old. */
  readonly heardMs: number;
  /** 0 where no health message has come yet. */
  readonly heartbeatSeconds: number;
  /** Ids of the versions that answer (`versionId`). */
  readonly models: readonly string[];
  readonly runtimeVersion: string;
  /** Results that wait for the link, and how long the oldest message has. */
  readonly outbox: number;
  readonly outboxOldestSeconds: number;
  readonly textsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly restarts: number;
  readonly rssBytes: number;
  /** Data that the device lost, since its start. */
  readonly dropped: number;
  /** Signals that drift now. */
  readonly drifting: number;
}

/** Start, answered, failed, rejected, p50, p90 and p99 in milliseconds. */
export type TrafficPoint = readonly [number, number, number, number, number, number, number];

/** Start; excess of the stability indices of labels, confidence and length; agreement with the challenger. */
export type DriftPoint = readonly [number, number | null, number | null, number | null, number | null];

export interface LabelCount {
  readonly label: string;
  readonly count: number;
}

/** What one version of a model did in one window. */
export interface VersionWindow {
  readonly answered: number;
  readonly rejected: number;
  readonly cached: number;
  readonly truncated: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly meanScore: number;
  /** Best scores in ten equal bins. */
  readonly confidence: readonly number[];
  /** The most frequent first; the rest together in `otherLabels`. */
  readonly labels: readonly LabelCount[];
  readonly otherLabels: number;
  /** Mean calibrated confidence, the texts that it comes from, and agreement with the challenger; null where unknown. */
  readonly accuracyEstimate: number | null;
  readonly agreement: number | null;
  readonly drift: readonly DriftPoint[];
}

export const DRIFT_INDICES = ['labels', 'confidence', 'length'] as const;
export type DriftIndex = (typeof DRIFT_INDICES)[number];

/** The newest index of each device, put together: half of the devices are below `median`, one in ten above `p90`. */
export interface DriftSpread {
  readonly devices: number;
  readonly median: number;
  readonly p90: number;
  /** Devices at or above the bound where drift begins. */
  readonly over: number;
}

export interface Baseline {
  readonly sampleCount: number;
  readonly labels: readonly { readonly label: string; readonly share: number }[];
  readonly confidence: readonly number[] | null;
}

export interface VersionView {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly firstSeenMs: number;
  readonly windows: Readonly<Record<WindowName, VersionWindow>>;
  readonly spread: Readonly<Record<DriftIndex, DriftSpread | null>>;
  /** Where the bundle's manifest is known. */
  readonly baseline: Baseline | null;
}

export interface ResultRow {
  /** Counts up; a later result has a higher one. */
  readonly serial: number;
  readonly id: string;
  readonly atMs: number;
  readonly fleet: string;
  readonly thing: string;
  readonly requestId: string;
  /** '' where the text was not answered. */
  readonly model: string;
  readonly label: string;
  readonly score: number;
  /** The model's own best guess where it was rejected, the second best otherwise. */
  readonly other: string;
  readonly latencyMs: number;
  readonly flags: readonly ResultFlag[];
  /** Code and words of the failure. */
  readonly error: string;
  readonly text: string;
}
export type ResultFlag = 'failed' | 'rejected' | 'replay' | 'truncated' | 'cached';

export type Severity = 'info' | 'warning' | 'error';

export interface EventRow {
  readonly serial: number;
  readonly id: string;
  readonly atMs: number;
  readonly fleet: string;
  readonly thing: string;
  /** `gap` and `malformed` are the dashboard's own. */
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly code: string;
  readonly model: string;
}

export interface SampleRow {
  readonly serial: number;
  readonly id: string;
  readonly atMs: number;
  readonly fleet: string;
  readonly thing: string;
  readonly model: string;
  readonly text: string;
  readonly label: string;
  readonly score: number;
  readonly reason: string;
}

export interface Summary {
  readonly link: 'connected' | 'waiting';
  readonly linkReason: string;
  /** Without credentials. */
  readonly broker: string;
  readonly startedMs: number;
  /** Results seen by this server, those of the past included. */
  readonly results: number;
  /** Over the last ten seconds, by arrival. */
  readonly perSecond: number;
  /** Seconds from sending to arriving of the newest message, by two clocks. */
  readonly lagSeconds: number | null;
  readonly missing: number;
  readonly malformed: number;
  /** What the past says of itself: from which database, or why there is none. */
  readonly past: { readonly state: 'none' | 'loading' | 'loaded' | 'failed'; readonly words: string };
  readonly rollouts: { readonly state: 'none' | 'loaded' | 'failed'; readonly words: string };
  /** Things, versions and labels that were forgotten to stay within bounds. */
  readonly forgotten: number;
}

/** As `cloud/rollout` names them; `paused` and `question` hold a rollout that runs. */
export type RolloutStatus = 'running' | 'paused' | 'question' | 'reverting' | 'done' | 'rolled-back' | 'aborted';
export type WaveStatus =
  | 'waiting'
  | 'listening'
  | 'deploying'
  | 'baking'
  | 'clearing'
  | 'passed'
  | 'failed'
  | 'reverting'
  | 'reverted';
export type GateVerdict = 'pass' | 'fail' | 'inconclusive' | 'waiting';

export interface GateView {
  /** In words: `latency-p90 ≤ 1.2 × before`. */
  readonly condition: string;
  /** How it is asked: `every 5m, from 100 on`. */
  readonly terms: string;
  /** The last answer: `0.98 of 431`. */
  readonly value: string;
  readonly verdict: GateVerdict;
  readonly reportsOnly: boolean;
}

export interface WaveView {
  readonly name: string;
  readonly status: WaveStatus;
  readonly devices: number;
  /** Version of each component that it brings. */
  readonly brings: string;
  /** How many devices are how far: pending, installing, healthy, failed, silent, offline, … */
  readonly counts: readonly { readonly state: string; readonly count: number }[];
  readonly gates: readonly GateView[];
  /** Devices that need a look, and why; the first few. */
  readonly troubles: readonly { readonly thing: string; readonly state: string; readonly reason: string }[];
  readonly reason: string;
  readonly bakeEndsMs: number | null;
}

export interface JournalEntry {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly why: string;
}

export interface RolloutView {
  readonly id: string;
  readonly fleet: string;
  readonly title: string;
  readonly status: RolloutStatus;
  readonly startedMs: number;
  readonly updatedMs: number;
  readonly reason: string;
  readonly waves: readonly WaveView[];
  /** The newest last; the oldest may be left out. */
  readonly journal: readonly JournalEntry[];
}

/** What changed since the revision that the page had; with `full`, everything. */
export interface Frame {
  readonly full: boolean;
  readonly nowMs: number;
  readonly summary: Summary;
  /** Rows as `packDevice` writes them. */
  readonly devices: readonly (readonly unknown[])[];
  /** Keys of devices that were forgotten. */
  readonly gone: readonly string[];
  readonly traffic: Readonly<Record<WindowName, readonly TrafficPoint[]>>;
  readonly versions: readonly VersionView[];
  readonly events: readonly EventRow[];
  readonly samples: readonly SampleRow[];
  readonly rollouts: readonly RolloutView[];
}

/** New results for one view, and how many came that are not among them. */
export interface ResultsFrame {
  readonly nowMs: number;
  readonly rows: readonly ResultRow[];
  readonly left: number;
}

/** When, texts per second, p50, p99, resident bytes, results in the outbox, texts in the queue. */
export type HealthPoint = readonly [number, number, number, number, number, number, number];

export interface DeviceDetail {
  readonly nowMs: number;
  /** Undefined where nothing was ever heard of it. */
  readonly row: readonly unknown[] | null;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly health: readonly HealthPoint[];
  readonly latencies: readonly {
    readonly model: string;
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
  }[];
  readonly errors: readonly { readonly code: string; readonly count: number }[];
  readonly drifts: readonly {
    readonly model: string;
    readonly signal: string;
    readonly value: number;
    readonly bound: number;
  }[];
  readonly results: readonly ResultRow[];
  readonly events: readonly EventRow[];
  readonly samples: readonly SampleRow[];
}

/** How the page knows a device. */
export function deviceKey({ fleet, thing }: { readonly fleet: string; readonly thing: string }): string {
  return `${fleet}/${thing}`;
}

/** How the page knows a version: two bundles may bear one version. Names and versions hold no spaces. */
export function versionId({ name, version, digest }: { name: string; version: string; digest: string }): string {
  return `${name} ${version} ${digest.slice(0, 8)}`;
}
