import { confidenceBin } from '../../../component/contract/bins.ts';
import type { AnsweredItem, ConsumerItem, LinkItem, ResultItem } from '../../consumer/item.ts';
import type { PastDrift, PastPiece } from '../past/history.ts';
import type { Baseline, EventRow, Frame, ResultRow, RolloutView, SampleRow, Summary } from '../wire/frame.ts';
import { packDevice } from '../wire/pack.ts';
import { Fleet } from './fleet.ts';
import { Rate } from './rate.ts';
import { Recent } from './recent.ts';
import { Revision } from './revision.ts';
import {
  eventRow,
  gapRow,
  isToLookAt,
  latencyOf,
  malformedRow,
  momentOf,
  resultRow,
  sampleOfResult,
  sampleRow,
  scoreOf,
} from './rows.ts';
import { Traffic } from './traffic.ts';
import { Versions } from './versions.ts';

const NEWEST_RESULTS = 2_000;
const NEWEST_EVENTS = 1_000;
const NEWEST_SAMPLES = 500;

/** What the summary says that isn't known here. */
export type Surroundings = Pick<Summary, 'broker' | 'past' | 'rollouts'>;

/** Everything the page shows, as it is now, in bounded memory whatever the fleet sends. */
export class Live {
  readonly revision = new Revision();
  readonly fleet = new Fleet(this.revision);
  readonly versions: Versions;
  readonly results = new Recent<ResultRow>(NEWEST_RESULTS);
  readonly events = new Recent<EventRow>(NEWEST_EVENTS);
  readonly samples = new Recent<SampleRow>(NEWEST_SAMPLES);
  readonly startedMs: number;
  /** Told of every result, for those who look at some. */
  readonly onResult = new Set<(row: ResultRow) => void>();
  readonly #traffic = new Traffic();
  readonly #rate: Rate;
  #rollouts: { readonly view: RolloutView; readonly revision: number }[] = [];
  #link: Pick<LinkItem, 'state' | 'reason'> = { state: 'waiting', reason: 'connecting' };
  #counts = { answered: 0, failed: 0, missing: 0, malformed: 0 };
  #lagSeconds: number | null = null;

  constructor(nowMs: number, baselines: ReadonlyMap<string, Baseline>) {
    this.startedMs = nowMs;
    this.versions = new Versions(this.revision, baselines);
    this.#rate = new Rate(nowMs);
  }

  get counts(): {
    readonly answered: number;
    readonly failed: number;
    readonly missing: number;
    readonly malformed: number;
  } {
    return this.#counts;
  }

  get lagSeconds(): number | null {
    return this.#lagSeconds;
  }

  get rollouts(): readonly RolloutView[] {
    return this.#rollouts.map(({ view }) => view);
  }

  take(item: ConsumerItem, nowMs: number): void {
    const serial = this.revision.next();
    if ('sentAt' in item) this.#lagSeconds = Math.max(0, (nowMs - Date.parse(item.sentAt)) / 1000);
    switch (item.kind) {
      case 'result':
        this.#takeResult(item, serial, nowMs);
        return;
      case 'health': {
        const device = this.fleet.heard(item.fleet, item.thing, nowMs);
        device.takeHealth(item.data, nowMs);
        this.fleet.changed(device);
        for (const model of item.data.models) this.versions.of(model, nowMs);
        return;
      }
      case 'stats':
        this.fleet.heard(item.fleet, item.thing, nowMs);
        this.versions.of(item.data.model, nowMs).judge(`${item.fleet}/${item.thing}`, item.data, nowMs, serial);
        return;
      case 'event':
        this.#takeEvent(eventRow(item, serial, nowMs), item.data.drift, nowMs);
        return;
      case 'sample':
        this.fleet.heard(item.fleet, item.thing, nowMs);
        this.samples.add(sampleRow(item, serial, nowMs));
        return;
      case 'gap':
        this.#counts.missing += item.missing;
        this.events.add(gapRow(item, serial, nowMs));
        return;
      case 'filled':
        this.#counts.missing--;
        return;
      case 'malformed':
        this.#counts.malformed++;
        this.events.add(malformedRow(item, serial, nowMs));
        return;
      case 'link':
        this.#link = item;
        return;
    }
  }

  /** A piece of what was stored before this server listened. */
  takePast(piece: PastPiece, nowMs: number): void {
    const serial = this.revision.next();
    switch (piece.kind) {
      case 'health': {
        const atMs = Math.min(piece.atMs, nowMs); // another host's clock wrote it, and ahead of ours it would never be silent
        const device = this.fleet.heard(piece.fleet, piece.thing, atMs);
        if (device.health === undefined) device.takeHealth(piece.data, piece.atMs); // what came live is newer
        for (const model of piece.data.models) this.versions.of(model, nowMs);
        this.fleet.changed(device);
        return;
      }
      case 'stats':
        // Its numbers are in the sums already.
        this.versions.of(piece.data.model, nowMs).remember(`${piece.fleet}/${piece.thing}`, piece.data, serial);
        return;
      case 'traffic': {
        const { count, window } = piece;
        this.#traffic.add(count, nowMs, serial, [window]);
        if (window !== '7d') return;
        this.#counts.answered += count.answered;
        this.#counts.failed += count.failed;
        return;
      }
      case 'version':
        this.versions.of(piece.model, nowMs).add(piece.count, nowMs, serial, [piece.window]);
        return;
      case 'statistic':
        this.versions.of(piece.model, nowMs).weigh(piece, nowMs, serial, [piece.window]);
        return;
      case 'result':
        this.results.add({ ...piece.row, serial });
        return;
      case 'event':
        this.#takeEvent({ ...piece.row, serial }, piece.drift, Math.min(piece.row.atMs, nowMs));
        return;
      case 'sample':
        this.samples.add({ ...piece.row, serial });
        return;
    }
  }

  /** The rollouts as they are now; those that are the same objects as before have not changed. */
  takeRollouts(views: readonly RolloutView[]): void {
    this.#rollouts = views.map((view) => {
      const known = this.#rollouts.find((entry) => entry.view === view);
      return known ?? { view, revision: this.revision.next() };
    });
  }

  /** What changed since a revision of this server; everything where it is undefined or too long ago. */
  frameSince(since: number | undefined, surroundings: Surroundings, nowMs: number): Frame {
    const gone = since === undefined ? undefined : this.fleet.goneSince(since);
    const from = gone === undefined ? -1 : (since ?? -1);
    return {
      full: gone === undefined,
      nowMs,
      summary: this.#summary(surroundings, nowMs),
      devices: this.fleet.changedSince(from).map(packDevice),
      gone: gone ?? [],
      traffic: this.#traffic.changedSince(from, nowMs),
      versions: this.versions.changedSince(from, nowMs),
      events: this.events.since(from),
      samples: this.samples.since(from),
      rollouts: this.#rollouts.filter(({ revision }) => revision > from).map(({ view }) => view),
    };
  }

  perSecond(nowMs: number): number {
    return this.#rate.perSecond(nowMs);
  }

  #summary(surroundings: Surroundings, nowMs: number): Summary {
    return {
      ...surroundings,
      link: this.#link.state,
      linkReason: this.#link.reason,
      startedMs: this.startedMs,
      results: this.#counts.answered + this.#counts.failed,
      perSecond: this.perSecond(nowMs),
      lagSeconds: this.#lagSeconds,
      missing: this.#counts.missing,
      malformed: this.#counts.malformed,
      forgotten: this.fleet.forgotten + this.versions.forgotten,
    };
  }

  #takeResult(item: ResultItem, serial: number, nowMs: number): void {
    const device = this.fleet.heard(item.fleet, item.thing, nowMs);
    const row = resultRow(item, serial, nowMs);
    device.takeResult(row);
    this.results.add(row);
    for (const tell of this.onResult) tell(row);
    this.#rate.add(nowMs);
    if (item.answered) this.#countAnswer(item, serial, nowMs);
    else {
      this.#counts.failed++;
      this.#traffic.add({ atMs: row.atMs, answered: 0, failed: 1, rejected: 0, latencies: [] }, nowMs, serial);
    }
  }

  #countAnswer(item: AnsweredItem, serial: number, nowMs: number): void {
    this.#counts.answered++;
    if (isToLookAt(item)) this.samples.add(sampleOfResult(item, serial, nowMs));
    const atMs = momentOf(item.observedAt, nowMs);
    const latencies = [[latencyOf(item), 1]] as const;
    const rejected = item.rejected ? 1 : 0;
    const score = scoreOf(item);
    this.#traffic.add({ atMs, answered: 1, failed: 0, rejected, latencies }, nowMs, serial);
    this.versions.of(item.model, nowMs).add(
      {
        atMs,
        label: item.label,
        times: 1,
        rejected,
        cached: item.cached ? 1 : 0,
        truncated: item.truncated ? 1 : 0,
        scoreSum: score,
        scores: [[confidenceBin(score), 1]],
        latencies,
      },
      nowMs,
      serial,
    );
  }

  #takeEvent(row: EventRow, drift: PastDrift | undefined, heardMs: number): void {
    const device = this.fleet.heard(row.fleet, row.thing, heardMs);
    this.events.add(row);
    if (drift === undefined) return;
    if (row.name === 'drift-began') device.beginDrift(row.model, drift);
    else if (row.name === 'drift-ended') device.endDrift(row.model, drift.signal);
    this.fleet.changed(device);
  }
}
