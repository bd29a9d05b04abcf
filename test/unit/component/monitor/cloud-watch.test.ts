import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { statsDataExample } from '../../../../component/contract/stats.ts';
import { CloudWatchMetrics } from '../../../../component/monitor/metrics/cloud-watch.ts';
import { type Metric, runtimeMetrics, windowMetrics } from '../../../../component/monitor/metrics/metric.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Sent {
  readonly topic: string;
  readonly value: unknown;
}

function cloudWatch(publish?: () => Promise<void>): { readonly metrics: CloudWatchMetrics; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const metrics = new CloudWatchMetrics({
    bus: {
      publish: async (topic, { value }) => {
        sent.push({ topic, value });
        await publish?.();
      },
    },
    namespace: 'Verge',
    fleet: 'bakeries',
    now: () => new Date('2026-05-04T09:20:00.500Z'),
  });
  return { metrics, sent };
}

const texts = (count: number): Metric[] =>
  Array.from({ length: count }, (_, value) => ({ name: 'Texts', value, unit: 'Count', model: 'intents-mini' }));

describe('metrics for aws.greengrass.Cloudwatch', () => {
  it('go out one in a message, in the form of its documentation', () => {
    const { metrics, sent } = cloudWatch();

    metrics.put([{ name: 'LatencyP99', value: 6.4, unit: 'Milliseconds' }]);

    expect(sent).toEqual([
      {
        topic: 'cloudwatch/metric/put',
        value: {
          request: {
            namespace: 'Verge',
            metricData: {
              metricName: 'LatencyP99',
              dimensions: [{ name: 'fleet', value: 'bakeries' }],
              timestamp: 1777886400.5,
              value: 6.4,
              unit: 'Milliseconds',
            },
          },
        },
      },
    ]);
  });

  it('go out ten a second at most, however many there are', () => {
    const { metrics, sent } = cloudWatch();

    metrics.put(texts(30));
    vi.advanceTimersByTime(950);
    const inFirstSecond = sent.length;
    metrics.put(texts(5));
    vi.advanceTimersByTime(10_000);

    expect(inFirstSecond).toBe(10);
    expect(sent).toHaveLength(35);
  });

  it('are dropped, the oldest first, where more wait than the bound', () => {
    const { metrics, sent } = cloudWatch();

    metrics.put(texts(2000));
    vi.advanceTimersByTime(100_000);

    expect(sent).toHaveLength(500);
    expect(sent.at(-1)?.value).toMatchObject({ request: { metricData: { value: 1999 } } });
  });

  it('go on after one that the bus did not take', () => {
    const { metrics, sent } = cloudWatch(() => Promise.reject(new Error('no bus')));

    metrics.put(texts(3));
    vi.advanceTimersByTime(1000);

    expect(sent).toHaveLength(3);
  });

  it('leave out values that CloudWatch refuses', () => {
    const { metrics, sent } = cloudWatch();

    metrics.put([Number.NaN, Infinity, 1e-200, 0].map((value) => ({ name: 'X', value, unit: 'None' })));
    vi.advanceTimersByTime(1000);

    expect(sent).toHaveLength(1);
  });

  it('stop when told', () => {
    const { metrics, sent } = cloudWatch();
    metrics.put(texts(5));

    metrics.stop();
    vi.advanceTimersByTime(1000);

    expect(sent).toHaveLength(1);
  });

  it('tell of the runtime and of every window', () => {
    const { schemaVersion: _v, boot: _b, seq: _s, ...body } = statsDataExample;

    const runtime = runtimeMetrics({
      textsPerSecond: 4,
      latency: undefined,
      queuePending: 1,
      outboxBytes: 2,
      rssBytes: 3,
    });
    const window = windowMetrics(body);

    expect(runtime.map(({ name }) => name)).toEqual([
      'TextsPerSecond',
      'QueuePending',
      'OutboxBytes',
      'ResidentMemory',
    ]);
    expect(window).toContainEqual({ name: 'Texts', value: 1204, unit: 'Count', model: 'intents-mini' });
    expect(window).toContainEqual({ name: 'LabelsPsi', value: 0.061, unit: 'None', model: 'intents-mini' });
    expect(window).toContainEqual({ name: 'ChallengerAgreement', value: 0.986, unit: 'None', model: 'intents-mini' });
  });
});
