import type { ModelReference } from '../../contract/parts.ts';
import type { Latency } from '../observations.ts';
import type { StatsBody } from '../stats/describe-stats.ts';

/** CloudWatch's names of the units that are used here. */
export type MetricUnit = 'Count' | 'Count/Second' | 'Milliseconds' | 'Bytes' | 'None';

export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly unit: MetricUnit;
  /** Absent where it is about the whole runtime. */
  readonly model?: string;
}

/** What of the runtime as a whole becomes metrics. */
export interface RuntimeReadings {
  readonly textsPerSecond: number;
  readonly latency: Latency | undefined;
  readonly queuePending: number;
  readonly outboxBytes: number;
  readonly rssBytes: number;
}

export function runtimeMetrics(readings: RuntimeReadings): Metric[] {
  const { latency } = readings;
  return [
    { name: 'TextsPerSecond', value: readings.textsPerSecond, unit: 'Count/Second' },
    ...(latency
      ? ([
          { name: 'LatencyP50', value: latency.p50, unit: 'Milliseconds' },
          { name: 'LatencyP99', value: latency.p99, unit: 'Milliseconds' },
        ] as const)
      : []),
    { name: 'QueuePending', value: readings.queuePending, unit: 'Count' },
    { name: 'OutboxBytes', value: readings.outboxBytes, unit: 'Bytes' },
    { name: 'ResidentMemory', value: readings.rssBytes, unit: 'Bytes' },
  ];
}

/** What of a window becomes metrics; shares stay shares, from 0 to 1. */
export function windowMetrics(body: StatsBody): Metric[] {
  const model = (body.model satisfies ModelReference).name;
  const share = (name: string, value: number | undefined): Metric[] =>
    value === undefined ? [] : [{ name, value, unit: 'None', model }];
  return [
    { name: 'Texts', value: body.textCount, unit: 'Count', model },
    ...share('RejectionRate', body.rejectionRate),
    ...share('UnknownTokenRate', body.unknownTokenRate),
    ...share('TruncationRate', body.truncationRate),
    ...share('AccuracyEstimate', body.accuracyEstimate?.value),
    ...share('LabelsPsi', body.psi?.labels?.value),
    ...share('ConfidencePsi', body.psi?.confidence?.value),
    ...share('LengthPsi', body.psi?.length?.value),
    ...share('ChallengerAgreement', body.challenger?.agreement),
  ];
}
