import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Device } from '../../../../cloud/dashboard/live/device.ts';
import { Fleet } from '../../../../cloud/dashboard/live/fleet.ts';
import { LATENCY_BINS, latencyBin, percentile } from '../../../../cloud/dashboard/live/histogram.ts';
import { Live } from '../../../../cloud/dashboard/live/live.ts';
import { Recent } from '../../../../cloud/dashboard/live/recent.ts';
import { Revision } from '../../../../cloud/dashboard/live/revision.ts';
import { Ring } from '../../../../cloud/dashboard/live/ring.ts';
import { Version } from '../../../../cloud/dashboard/live/version.ts';
import { MAX_LABELS } from '../../../../cloud/dashboard/live/version-bucket.ts';
import { Versions } from '../../../../cloud/dashboard/live/versions.ts';
import { shownState } from '../../../../cloud/dashboard/wire/silence.ts';
import { healthDataExample } from '../../../../component/contract/health.ts';
import { MODEL } from '../../../support/results.ts';

describe('percentiles of latencies', () => {
  it('are right to 8 % for whatever was counted within the bins', () => {
    const latency = fc.double({ min: 0.1, max: 20_000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (all, share) => {
          const bins = new Uint32Array(LATENCY_BINS);
          for (const ms of all) bins[latencyBin(ms)] = (bins[latencyBin(ms)] ?? 0) + 1;

          const found = percentile(bins, share);

          const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1] ?? 0;
          expect(Math.abs(found / exact - 1)).toBeLessThan(0.08);
        },
      ),
    );
  });

  it('are 0 of nothing, and the nearest bin of what lies outside', () => {
    expect(percentile(new Uint32Array(LATENCY_BINS), 0.5)).toBe(0);
    expect([latencyBin(-1), latencyBin(0), latencyBin(Number.NaN), latencyBin(1e9)]).toEqual([
      0,
      0,
      0,
      LATENCY_BINS - 1,
    ]);
  });
});

describe('a ring of buckets', () => {
  it('holds the newest steps alone, takes late ones, and passes over older ones', () => {
    const ring = new Ring(1000, 3, () => ({ count: 0 }));
    const add = (atMs: number, nowMs: number): void => {
      const bucket = ring.at(atMs, nowMs, nowMs);
      if (bucket) bucket.count++;
    };

    for (const nowMs of [1000, 2000, 3000, 4000, 5000]) add(nowMs, nowMs);
    add(4500, 5000);
    add(1000, 5000);

    expect(ring.all(5000).map(([start, { count }]) => [start, count])).toEqual([
      [3000, 1],
      [4000, 2],
      [5000, 1],
    ]);
    expect(ring.changedSince(4000, 5000).map(([start]) => start)).toEqual([4000, 5000]);
  });
});

describe('the newest rows', () => {
  it('are bounded, each once, and found by what came after a serial', () => {
    const recent = new Recent<{ serial: number; id: string; atMs: number }>(10);

    for (let serial = 1; serial <= 100; serial++) recent.add({ serial, id: `r${serial}`, atMs: serial });
    const isNew = recent.add({ serial: 101, id: 'r100', atMs: 100 });

    expect(isNew).toBe(false);
    expect(recent.since(-1).map(({ serial }) => serial)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    expect(recent.since(98).map(({ serial }) => serial)).toEqual([99, 100]);
  });
});

describe('the fleet', () => {
  it('forgets the device unheard of for longest, tells pages of it, and starts those anew that were away for longer', () => {
    const revision = new Revision();
    const fleet = new Fleet(revision, 2);
    fleet.heard('bakeries', 'oven-1', 1);
    fleet.heard('bakeries', 'oven-2', 2);
    const before = revision.current;
    fleet.heard('bakeries', 'oven-1', 10_000);

    fleet.heard('bakeries', 'oven-3', 10_001);
    const gone = fleet.goneSince(before);
    for (let more = 4; more < 1100; more++) fleet.heard('bakeries', `oven-${more}`, 20_000 + more);

    expect(gone).toEqual(['bakeries/oven-2']);
    expect(fleet.size).toBe(2);
    expect(fleet.goneSince(before)).toBeUndefined();
  });

  it('sends a device that speaks often no more than every five seconds', () => {
    const revision = new Revision();
    const fleet = new Fleet(revision);
    fleet.heard('bakeries', 'oven-1', 10_000);
    const before = revision.current;

    fleet.heard('bakeries', 'oven-1', 14_999);
    const soon = fleet.changedSince(before).length;
    fleet.heard('bakeries', 'oven-1', 15_000);

    expect([soon, fleet.changedSince(before).length]).toEqual([0, 1]);
  });
});

describe('a device', () => {
  it('has no more drifting signals than a device can have, whatever it says', () => {
    const device = new Device('bakeries', 'oven-1');

    for (let minor = 0; minor < 1000; minor++)
      device.beginDrift(`m 1.${minor}.0`, { signal: 'labels', value: 1, bound: 0.25 });
    device.endDrift('m 1.999.0', 'labels');

    expect(device.drifts.size).toBe(59);
  });

  it('falls silent though its stored messages have times of a clock that was ahead', () => {
    const live = new Live(0, new Map());
    const data = { ...healthDataExample, state: 'ready', heartbeatSeconds: 60 } as const;

    live.takePast({ kind: 'health', fleet: 'bakeries', thing: 'oven-1', atMs: 9e9, data }, 1000);

    const [row] = live.fleet.rows();
    expect(row && shownState(row, 200_000)).toBe('silent');
  });
});

describe('a version', () => {
  const count = { times: 1, rejected: 0, cached: 0, truncated: 0, scoreSum: 0.9, scores: [], latencies: [] };

  it('counts labels beyond the bound together', () => {
    const version = new Version(MODEL, 0, 1);

    for (let label = 0; label < 2 * MAX_LABELS; label++)
      version.add({ ...count, atMs: 1000, label: `l${label}` }, 1000, label);

    const { labels, answered, otherLabels } = version.view(1000).windows['15m'];
    expect(answered).toBe(2 * MAX_LABELS);
    expect(labels.reduce((sum, { count: times }) => sum + times, 0) + otherLabels).toBe(answered);
    expect(version.labelTotals(1000).size).toBe(MAX_LABELS + 1);
  });

  it('makes room for newer ones beyond the bound', () => {
    const versions = new Versions(new Revision(), new Map());

    for (let minor = 0; minor < 100; minor++) versions.of({ ...MODEL, version: `1.${minor}.0` }, minor);

    expect([...versions.all()].length).toBe(64);
    expect(versions.forgotten).toBe(36);
  });
});

describe('silence', () => {
  it.each([
    ['ready', 198_000, 'ready'],
    ['ready', 198_001, 'silent'],
    ['stopped', 1e9, 'stopped'],
    ['failed', 1e9, 'failed'],
    ['no-health', 1e9, 'no-health'],
  ] as const)('of a device that said %s last, %i ms ago, is shown as %s', (state, nowMs, shown) => {
    expect(shownState({ state, heardMs: 0, heartbeatSeconds: 60 }, nowMs)).toBe(shown);
  });
});
