import type { HealthData } from '../../../component/contract/health.ts';
import type { ModelReference } from '../../../component/contract/parts.ts';
import type { StatsData } from '../../../component/contract/stats.ts';
import type { TrafficCount } from '../live/traffic.ts';
import type { VersionCount } from '../live/version.ts';
import type { Statistic } from '../live/version-bucket.ts';
import type { EventRow, HealthPoint, ResultRow, SampleRow } from '../wire/frame.ts';
import type { WindowName } from '../wire/windows.ts';

export type Past<Row> = Omit<Row, 'serial'>;

interface Told<Kind extends string, Data> {
  readonly kind: Kind;
  readonly fleet: string;
  readonly thing: string;
  readonly atMs: number;
  readonly data: Data;
}

/** One piece of the past: messages as they were, and what a database has counted. */
export type PastPiece =
  | Told<'health', HealthData>
  | Told<'stats', StatsData>
  | { readonly kind: 'traffic'; readonly window: WindowName; readonly count: TrafficCount }
  | {
      readonly kind: 'version';
      readonly window: WindowName;
      readonly model: ModelReference;
      readonly count: VersionCount;
    }
  | {
      readonly kind: 'statistic';
      readonly window: WindowName;
      readonly model: ModelReference;
      readonly atMs: number;
      readonly name: Statistic;
      readonly sum: number;
      readonly weight: number;
    }
  | { readonly kind: 'result'; readonly row: Past<ResultRow> }
  | { readonly kind: 'event'; readonly row: Past<EventRow>; readonly drift: PastDrift | undefined }
  | { readonly kind: 'sample'; readonly row: Past<SampleRow> };

export interface PastDrift {
  readonly signal: string;
  readonly value: number;
  readonly bound: number;
}

/** What one device did before this server listened. */
export interface DevicePast {
  readonly health: readonly HealthPoint[];
  readonly results: readonly Past<ResultRow>[];
  readonly events: readonly Past<EventRow>[];
  readonly samples: readonly Past<SampleRow>[];
}

/** A database that a sink fills. It is only read. */
export interface History {
  /** Which database, in words, without credentials. */
  readonly words: string;
  /** Everything that was stored before the moment and that the page still shows. */
  read(beforeMs: number, signal: AbortSignal): AsyncIterable<PastPiece>;
  device(place: { readonly fleet: string; readonly thing: string }, beforeMs: number): Promise<DevicePast>;
}
