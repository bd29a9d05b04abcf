import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsumerItem } from '../../../../cloud/consumer/item.ts';
import { Evidence } from '../../../../cloud/rollout/evidence/evidence.ts';
import { gateSchema } from '../../../../cloud/rollout/plan/gate.ts';
import { planSchema } from '../../../../cloud/rollout/plan/plan-schema.ts';
import { eventDataExample } from '../../../../component/contract/event.ts';
import { type HealthData, healthDataExample } from '../../../../component/contract/health.ts';
import { type StatsData, statsDataExample } from '../../../../component/contract/stats.ts';

const METRICS = [
  'error-rate',
  'latency-p90',
  'confidence',
  'drift',
  'agreement',
  'restarts',
  'health:outbox.bytes',
] as const;
const plan = planSchema.parse({
  schemaVersion: 1,
  name: 'x',
  fleet: 'bakeries',
  models: { 'intents-mini': '1.3.0' },
  waves: [{ name: 'a', group: 'g', gates: METRICS.map((metric) => ({ metric, atMost: 1 })) }],
});
const owed = {
  ack: () => undefined,
  ackThrough: () => undefined,
  original: () => ({ topic: '', payload: new Uint8Array() }),
};

function health(thing: string, seq: number, change: Partial<HealthData> = {}, boot = 'b1'): ConsumerItem {
  const data = { ...healthDataExample, ...change, boot, seq };
  return {
    kind: 'health',
    id: `${thing}:${boot}:${seq}`,
    fleet: 'bakeries',
    thing,
    boot,
    seq,
    sentAt: '',
    data,
    ...owed,
  };
}

function stats(thing: string, seq: number, change: Partial<StatsData> = {}): ConsumerItem {
  const data = { ...statsDataExample, ...change, seq };
  return {
    kind: 'stats',
    id: `${thing}:b1:${seq}`,
    fleet: 'bakeries',
    thing,
    boot: 'b1',
    seq,
    sentAt: '',
    data,
    ...owed,
  };
}

function counts(answered: number, failed: number): Pick<HealthData, 'counts'> {
  return {
    counts: {
      ...(healthDataExample.counts ?? {
        refused: 0,
        cacheHits: 0,
        truncated: 0,
        published: 0,
        dropped: 0,
        reconnects: 0,
      }),
      answered,
      failed,
      refused: 0,
    },
  };
}

function measure(
  items: readonly ConsumerItem[],
  metric: (typeof METRICS)[number],
  components: Record<string, string>,
  of: 'wave' | 'before' = 'wave',
) {
  const evidence = new Evidence(plan, new Set(['oven-1', 'oven-2']), 0);
  for (const item of items) evidence.add(item, 1000);
  const gate = gateSchema.parse({ metric, atMost: 1 });
  return evidence.measure({ gate, things: ['oven-1', 'oven-2'], components, fromMs: 0, toMs: 2000, of });
}

const serving = { 'verge.model.intents-mini': '1.2.0' };

describe('what devices say', () => {
  it('comes to the share of failed texts between heartbeats, over the fleet', () => {
    const items = [
      health('oven-1', 1, counts(100, 0)),
      health('oven-1', 2, counts(190, 10)),
      health('oven-2', 1, counts(0, 0)),
      health('oven-2', 2, counts(300, 0)),
    ];

    const measured = measure(items, 'error-rate', serving);

    expect(measured).toEqual({ value: 0.025, sample: 400 });
  });

  it('is not mixed with what the version before came to', () => {
    const items = [health('oven-1', 1, { latencyMs: { count: 10, p50: 1, p90: 9, p99: 9 }, modelLatencies: [] })];

    const [wave, before] = (['wave', 'before'] as const).map((of) =>
      measure(items, 'latency-p90', { 'verge.model.intents-mini': '1.3.0' }, of),
    );

    expect(wave).toEqual({ sample: 0 });
    expect(before).toEqual({ value: 9, sample: 10 });
  });

  it('tells how far a challenger agrees, of the version that is compared alone', () => {
    const items = [
      stats('oven-1', 1),
      stats('oven-2', 1, {
        challenger: {
          model: { name: 'intents-mini', version: '1.3.0', digest: '3c'.repeat(32) },
          textCount: 29,
          agreement: 0.5,
          failed: 0,
          skipped: 0,
        },
      }),
    ];

    const compared = measure(items, 'agreement', { 'verge.challenger.intents-mini': '1.3.0' });
    const other = measure(items, 'agreement', { 'verge.challenger.intents-mini': '1.4.0' });

    expect(compared.sample).toBe(100);
    expect(compared.value).toBeCloseTo((0.986 * 71 + 0.5 * 29) / 100);
    expect(other).toEqual({ sample: 0 });
  });

  it('tells drift less chance, mean confidence, restarts, and any number of the heartbeat', () => {
    const items = [stats('oven-1', 1), health('oven-1', 1), health('oven-1', 1, { restarts: 3 }, 'b2')];

    const [drift, confidence, restarts, bytes] = (
      ['drift', 'confidence', 'restarts', 'health:outbox.bytes'] as const
    ).map((metric) => measure(items, metric, serving));

    expect(drift?.value).toBeCloseTo(0.013);
    expect(confidence?.value).toBeCloseTo(1048.3 / 1204);
    expect(restarts).toEqual({ value: 1, sample: 1 });
    expect(bytes).toEqual({ value: 9870, sample: 1 });
  });

  it('comes to the same whatever comes twice and in whatever order', () => {
    const items = [
      ...[1, 2, 3, 4].map((seq) => health('oven-1', seq, counts(seq * 100, seq * 3))),
      ...[1, 2, 3].map((seq) => health('oven-2', seq, counts(seq * 50, 0))),
      ...[1, 2].map((seq) => stats('oven-2', seq)),
    ];
    const inOrder = METRICS.map((metric) => measure(items, metric, serving));

    fc.assert(
      fc.property(fc.shuffledSubarray([...items, ...items], { minLength: 2 * items.length }), (mixed) => {
        const heard = METRICS.map((metric) => measure(mixed, metric, serving));
        expect(JSON.stringify(heard)).toBe(JSON.stringify(inOrder));
      }),
    );
  });

  it('lets an old heartbeat that comes late say nothing of the present, and keeps what a vanished device had', () => {
    const evidence = new Evidence(plan, new Set(['oven-1']), 0);
    evidence.add(health('oven-1', 5), 1000);
    evidence.add(health('oven-1', 4, { state: 'starting', models: [] }), 2000);
    const late = evidence.heard('oven-1');

    evidence.add(health('oven-1', 0, { state: 'lost', models: [] }), 3000);

    expect(late).toMatchObject({ atMs: 1000, state: 'ready' });
    expect(evidence.heard('oven-1')).toMatchObject({
      state: 'lost',
      versions: { 'verge.model.intents-mini': '1.2.0' },
    });
  });

  it('is judged only while the way to the broker is there, and anew after it was lost', () => {
    const evidence = new Evidence(plan, new Set(['oven-1']), 500);
    const before = evidence.listeningSinceMs;
    evidence.add({ kind: 'link', state: 'waiting', reason: 'the broker is away', ...owed }, 1000);
    const lost = evidence.listeningSinceMs;

    evidence.add({ kind: 'link', state: 'connected', reason: 'connected', ...owed }, 9000);

    expect([before, lost, evidence.listeningSinceMs]).toEqual([500, undefined, 9000]);
  });

  it('keeps the sentence of a device that refused a model', () => {
    const evidence = new Evidence(plan, new Set(['oven-1']), 0);
    const data = {
      ...eventDataExample,
      name: 'model-refused',
      message: 'the golden samples fail',
      model: { name: 'intents-mini', version: '1.3.0' },
    };

    evidence.add(
      {
        kind: 'event',
        id: 'oven-1:b1:2',
        fleet: 'bakeries',
        thing: 'oven-1',
        boot: 'b1',
        seq: 2,
        sentAt: '',
        data,
        ...owed,
      },
      7,
    );

    expect(evidence.refusals('oven-1')).toContainEqual({
      atMs: 7,
      component: 'verge.model.intents-mini',
      version: '1.3.0',
      message: 'the golden samples fail',
    });
  });
});
