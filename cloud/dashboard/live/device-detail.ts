import type { DevicePast } from '../past/history.ts';
import type { DeviceDetail, HealthPoint } from '../wire/frame.ts';
import { packDevice } from '../wire/pack.ts';
import type { Live } from './live.ts';

const MAX_ROWS = 50;

/** One device's own view: what it says now, and what is known of its past. */
export function deviceDetail(live: Live, key: string, past: DevicePast | undefined, nowMs: number): DeviceDetail {
  const device = live.fleet.find(key);
  const isOwn = ({ fleet, thing }: { readonly fleet: string; readonly thing: string }): boolean =>
    `${fleet}/${thing}` === key;
  const health = device?.health;
  return {
    nowMs,
    row: device ? packDevice(device.row()) : null,
    facts: factsOf(health),
    health: joinPoints(past?.health ?? [], device?.points ?? []),
    latencies: health?.modelLatencies?.map(({ model, p50, p90, p99 }) => ({ model, p50, p90, p99 })) ?? [],
    errors: health?.errors ?? [],
    drifts: [...(device?.drifts.values() ?? [])],
    results: merge(past?.results ?? [], device?.results ?? []),
    events: merge(past?.events ?? [], live.events.since(-1).filter(isOwn)),
    samples: merge(past?.samples ?? [], live.samples.since(-1).filter(isOwn)),
  };
}

type Health = NonNullable<ReturnType<Live['fleet']['find']>>['health'];

function factsOf(health: Health): DeviceDetail['facts'] {
  if (health === undefined) return [];
  const { counts, nucleus, lastEnd, cpuFeatures, uptimeSeconds, queue, cpuShare, challengers, clockOffsetMs } = health;
  const facts: [string, string | undefined][] = [
    ['Runtime', health.runtimeVersion],
    ['Nucleus', nucleus && `${nucleus.kind} ${nucleus.version ?? ''}${nucleus.certain ? '' : ' (not certain)'}`],
    ['Uptime', uptimeSeconds === undefined ? undefined : duration(uptimeSeconds)],
    ['Last end', lastEnd],
    ['Heartbeat', `${health.heartbeatSeconds} s`],
    ['Queue', queue && `${queue.pending} of ${queue.limit} texts`],
    ['Clock', clockOffsetMs === undefined ? undefined : clockWords(clockOffsetMs)],
    ['Processor', cpuShare === undefined ? undefined : `${(cpuShare * 100).toFixed(0)} %`],
    ['Answered', counts && grouped(counts.answered)],
    ['Failed', counts && grouped(counts.failed)],
    ['Refused', counts && grouped(counts.refused)],
    ['From cache', counts && grouped(counts.cacheHits)],
    ['Dropped', counts && grouped(counts.dropped)],
    ['Reconnects', counts && grouped(counts.reconnects)],
    ['Challengers', challengers?.map(({ name, version }) => `${name} ${version}`).join(', ') || undefined],
    ['CPU features', cpuFeatures?.join(', ') || undefined],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** What came live follows what was stored; a point of both is one. */
function joinPoints(past: readonly HealthPoint[], live: readonly HealthPoint[]): HealthPoint[] {
  const [first] = live[0] ?? [Number.POSITIVE_INFINITY];
  return [...past.filter(([atMs]) => atMs < first), ...live];
}

/** Stored and live rows, the newest first, each id once. */
function merge<Row extends { readonly id: string; readonly atMs: number }>(
  past: readonly Omit<Row, 'serial'>[],
  live: readonly Row[],
): Row[] {
  const byId = new Map<string, Row>();
  // A stored row has no serial of this server's; nothing of a device's own view asks for it.
  for (const row of past) byId.set(row.id, { serial: 0, ...row } as unknown as Row);
  for (const row of live) byId.set(row.id, row);
  return [...byId.values()].sort((a, b) => b.atMs - a.atMs).slice(0, MAX_ROWS);
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}

/** Ahead is told with delivery in it, so a fraction of a second means nothing. */
function clockWords(offsetMs: number): string {
  const seconds = Math.abs(offsetMs) / 1000;
  return `${seconds < 120 ? `${Number(seconds.toFixed(1))} s` : duration(seconds)} ${offsetMs < 0 ? 'behind' : 'ahead, with delivery'}`;
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
