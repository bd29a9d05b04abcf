import type { HealthState } from '../../../component/contract/health.ts';
import type { ConsumerItem, LinkItem, ResultItem } from '../../consumer/item.ts';

/** As many results as a tall terminal shows. */
const MAX_RESULTS = 200;
/** Things beyond it push out the one unheard of for longest. */
const MAX_THINGS = 10_000;
/** A device that was silent for so many of its heartbeats is in trouble. */
const SILENT_HEARTBEATS = 2.5;
const RATE_WINDOW_SECONDS = 10;

export type ThingState = HealthState | 'silent' | 'unknown';

interface Thing {
  state: HealthState | 'unknown';
  /** Silent from then on. */
  deadlineMs: number;
}

/** What a watcher has seen, in bounded memory. */
export class Tally {
  readonly startedMs: number;
  /** The newest first. */
  readonly newest: ResultItem[] = [];
  link: Pick<LinkItem, 'state' | 'reason'> = { state: 'waiting', reason: 'connecting' };
  results = 0;
  /** The newest event or malformed message, in words. */
  notice: string | undefined;
  readonly #things = new Map<string, Thing>();
  /** Results by second, the newest last. */
  readonly #seconds: { second: number; count: number }[] = [];

  constructor(nowMs: number) {
    this.startedMs = nowMs;
  }

  add(item: ConsumerItem, nowMs: number): void {
    switch (item.kind) {
      case 'result':
        this.results++;
        this.#countSecond(Math.floor(nowMs / 1000));
        if (this.newest.unshift(item) > MAX_RESULTS) this.newest.pop();
        this.#touch(item.fleet, item.thing);
        break;
      case 'health': {
        const { state, heartbeatSeconds } = item.data;
        const deadlineMs = nowMs + heartbeatSeconds * SILENT_HEARTBEATS * 1000;
        this.#touch(item.fleet, item.thing, { state, deadlineMs });
        break;
      }
      case 'event':
        this.notice = `${item.thing}: ${item.data.name}: ${item.data.message}`;
        break;
      case 'malformed':
        this.notice = `${item.topic}: ${item.code}: ${item.message}`;
        break;
      case 'link':
        this.link = item;
        break;
    }
  }

  get thingCount(): number {
    return this.#things.size;
  }

  /** Names of things by their state, states in alphabetical order. */
  things(nowMs: number): [ThingState, string[]][] {
    const byState = new Map<ThingState, string[]>();
    for (const [name, { state, deadlineMs }] of this.#things) {
      const now = state === 'ready' && nowMs > deadlineMs ? 'silent' : state;
      const names = byState.get(now);
      if (names) names.push(name);
      else byState.set(now, [name]);
    }
    return [...byState].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Results per second over the last ten seconds, or since the start. */
  rate(nowMs: number): number {
    const from = Math.floor(nowMs / 1000) - RATE_WINDOW_SECONDS;
    const recent = this.#seconds.filter(({ second }) => second > from);
    const seconds = Math.min(RATE_WINDOW_SECONDS, Math.max(1, (nowMs - this.startedMs) / 1000));
    return recent.reduce((sum, { count }) => sum + count, 0) / seconds;
  }

  #countSecond(second: number): void {
    const last = this.#seconds.at(-1);
    if (last?.second === second) last.count++;
    else if (this.#seconds.push({ second, count: 1 }) > RATE_WINDOW_SECONDS + 1) this.#seconds.shift();
  }

  #touch(fleet: string, thing: string, found?: Thing): void {
    const name = `${fleet}/${thing}`;
    const known = this.#things.get(name);
    this.#things.delete(name); // the last entry is the one heard of most recently
    this.#things.set(name, found ?? known ?? { state: 'unknown', deadlineMs: Number.POSITIVE_INFINITY });
    if (this.#things.size <= MAX_THINGS) return;
    for (const oldest of this.#things.keys()) {
      this.#things.delete(oldest);
      return;
    }
  }
}
