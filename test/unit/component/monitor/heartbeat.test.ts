import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Classification } from '../../../../component/classify/classification.ts';
import type { HealthData } from '../../../../component/contract/health.ts';
import type { ModelReference } from '../../../../component/contract/parts.ts';
import { readMessage } from '../../../../component/contract/read-message.ts';
import { DropReport } from '../../../../component/monitor/drop-report.ts';
import { Heartbeat, type HeartbeatOptions, lastWill } from '../../../../component/monitor/heartbeat.ts';
import { Observations } from '../../../../component/monitor/observations.ts';
import { FakeLink } from '../../../support/fake-link.ts';

const source = {
  place: { fleet: 'bakeries', thing: 'oven-17' },
  boot: 'mfq2k0a1x7c9',
  runtimeVersion: '0.1.0',
  startedAt: new Date('2026-05-04T09:00:00Z'),
  heartbeatSeconds: 60,
};
const topic = 'dt/verge/bakeries/oven-17/health';

function heartbeat(link: FakeLink, more: Partial<HeartbeatOptions> = {}): Heartbeat {
  let seq = 0;
  const counts = { published: 7, dropped: 4, droppedBy: { full: 4, age: 0, refused: 0, corrupt: 0 } };
  const made = new Heartbeat({
    source,
    link,
    now: () => new Date('2026-05-04T08:00:00Z'), // set back by an hour since the start
    uptimeMs: () => 30_000,
    nextSeq: () => ++seq,
    models: () => [],
    challengers: () => [],
    jitter: 0.1,
    random: () => 0.5,
    messageBytes: 5120,
    queue: () => ({ pending: 3, limit: 10 }),
    outbox: () => ({ results: 1, messages: 2, bytes: 300, oldestSeconds: 1.2345, ...counts }),
    observations: new Observations(),
    capture: () => undefined,
    clockOffsetMs: () => undefined,
    ...more,
  });
  onTestFinished(() => made.stop());
  return made;
}

describe('Heartbeat', () => {
  it('speaks with every connection, and counts the later ones as reconnects', () => {
    const link = new FakeLink();
    link.automatic = true;
    heartbeat(link);

    link.become('connected');
    link.become('waiting');
    link.become('connected');

    const read = link.published.map(({ topic: to, payload }) => readMessage(to, payload));
    expect(read).toMatchObject([
      { ok: true, value: { envelope: { data: { seq: 1, state: 'starting', counts: { reconnects: 0 } } } } },
      {
        ok: true,
        value: {
          envelope: {
            data: {
              seq: 2,
              uptimeSeconds: 30,
              queue: { pending: 3, limit: 10 },
              outbox: { results: 1, messages: 2, bytes: 300, oldestSeconds: 1.23 },
              counts: { reconnects: 1, published: 7, dropped: 4, droppedBy: { full: 4 } },
            },
          },
        },
      },
    ]);
  });

  it('takes no number for a message that it cannot send', async () => {
    const link = new FakeLink();
    link.automatic = true;
    const beating = heartbeat(link);

    await beating.change('ready');
    link.become('connected');

    expect(readMessage(topic, link.published[0]?.payload ?? new Uint8Array())).toMatchObject({
      value: { envelope: { data: { seq: 1, state: 'ready' } } },
    });
  });

  it('leaves a last will that a reader takes, with number 0', () => {
    const read = readMessage(topic, lastWill(source));

    expect(read).toMatchObject({ ok: true, value: { envelope: { data: { seq: 0, state: 'lost', models: [] } } } });
  });
});

describe('a heartbeat', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('comes first at a random place in the period, and then strays by no more than the jitter', () => {
    const share = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.double({ min: 0, max: 0.5, noNaN: true }), (first, later, jitter) => {
        vi.useFakeTimers();
        const draws = [first];
        const link = new FakeLink();
        link.automatic = true;
        link.state = 'connected';
        const beating = heartbeat(link, { jitter, random: () => draws.shift() ?? later });
        const pause = 60_000 * (1 + jitter * (2 * later - 1));

        beating.start();
        vi.advanceTimersByTime(first * 60_000 + 10 * pause + 100);
        beating.stop();

        expect(pause).toBeGreaterThanOrEqual(60_000 * (1 - jitter));
        expect(pause).toBeLessThanOrEqual(60_000 * (1 + jitter));
        expect(link.published).toHaveLength(11);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a health message', () => {
  const answer: Classification = {
    label: 'alarm',
    labelIndex: 0,
    score: 1,
    runnersUp: [],
    tokenCount: 5,
    truncated: false,
    unknownCount: 0,
    queueMs: 0,
    inferenceMs: 1,
    cached: false,
  };
  const model = (index: number, nameLength: number): ModelReference => ({
    name: `${'m'.repeat(nameLength - 3)}${String(index).padStart(3, '0')}`,
    version: `1.0.${index}${nameLength > 30 ? `-${'x'.repeat(50)}` : ''}`,
    digest: '9f'.repeat(32),
  });

  async function healthOf(
    models: readonly ModelReference[],
    more: Partial<HeartbeatOptions> = {},
  ): Promise<{
    readonly data: HealthData;
    readonly bytes: number;
  }> {
    const observations = new Observations(() => 1000);
    for (const reference of models) observations.answered(reference, answer, 12.345);
    observations.refused('SOURCE_TEXT_INVALID');
    observations.failed('ENGINE_RUN_FAILED');
    const link = new FakeLink();
    link.automatic = true;
    link.state = 'connected';
    await heartbeat(link, {
      source: {
        ...source,
        device: {
          cpuFeatures: ['avx2'],
          nucleus: { kind: 'lite', version: '2.6.0', certain: true },
          restarts: 3,
          lastEnd: 'died',
        },
      },
      models: () => [...models],
      challengers: () => [...models],
      observations,
      ...more,
    }).beat();
    const payload = link.published[0]?.payload ?? new Uint8Array();
    const read = readMessage(topic, payload);
    if (!read.ok || read.value.stream !== 'health') throw new Error('no health message');
    return { data: read.value.envelope.data, bytes: payload.byteLength };
  }

  it('tells of models, challengers, latencies, throughput, errors and the device', async () => {
    const models = [model(1, 10)];

    const { data } = await healthOf(models, { clockOffsetMs: () => -7_199_960 });

    expect(data).toMatchObject({
      models,
      challengers: models,
      latencyMs: { count: 1, p50: 12.35 },
      modelLatencies: [{ model: models[0]?.name, count: 1, p99: 12.35 }],
      textsPerSecond: 1,
      errors: [
        { code: 'SOURCE_TEXT_INVALID', count: 1 },
        { code: 'ENGINE_RUN_FAILED', count: 1 },
      ],
      cpuFeatures: ['avx2'],
      nucleus: { kind: 'lite', version: '2.6.0', certain: true },
      restarts: 3,
      lastEnd: 'died',
      clockOffsetMs: -7_199_960,
    });
    expect(data.trimmed).toBeUndefined();
  });

  it('stays below 5 KB with 16 models of the longest names, and says what it is: trimmed', async () => {
    const models = Array.from({ length: 16 }, (_, index) => model(index, 63));

    const { data, bytes } = await healthOf(models, { messageBytes: 120_000, clockOffsetMs: () => -3_155_760_000_000 });

    expect(bytes).toBeLessThanOrEqual(5 * 1024);
    expect(data.models).toEqual(models);
    expect(data.trimmed).toBe(true);
  });

  it('stays below any bound, at the cost of models where nothing else is left', async () => {
    const models = Array.from({ length: 100 }, (_, index) => model(index, 63));

    const { data, bytes } = await healthOf(models, { messageBytes: 2048 });

    expect(bytes).toBeLessThanOrEqual(2048);
    expect(data.models.length).toBeGreaterThan(2);
    expect(data.trimmed).toBe(true);
  });
});

describe('DropReport', () => {
  it('gathers what was dropped into one word for each stream and reason', () => {
    const told: unknown[] = [];
    const report = new DropReport(({ stream, reason, items }) => {
      told.push([items, stream, reason]);
    });

    report.add({ stream: 'result', reason: 'full', messages: 1, items: 3 });
    report.add({ stream: 'result', reason: 'full', messages: 1, items: 4 });
    report.add({ stream: 'sample', reason: 'full', messages: 1, items: 2 });
    report.flush();
    report.flush();

    expect(told).toEqual([
      [7, 'result', 'full'],
      [2, 'sample', 'full'],
    ]);
  });
});
