import type { ModelReference } from '../../../component/contract/parts.ts';
import { severityOf } from '../live/rows.ts';
import {
  type EventRow,
  type HealthPoint,
  type ResultFlag,
  type ResultRow,
  type SampleRow,
  versionId,
} from '../wire/frame.ts';
import type { Past, PastDrift } from './history.ts';

/** One row as a database gives it, by column. */
export type StoredRow = Readonly<Record<string, unknown>>;

export function text(row: StoredRow, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

export function number(row: StoredRow, column: string): number {
  const value = Number(row[column] ?? 0);
  return Number.isFinite(value) ? value : 0;
}

export function modelOf(row: StoredRow): ModelReference {
  return { name: text(row, 'model'), version: text(row, 'model_version'), digest: text(row, 'model_digest') };
}

function placeOf(row: StoredRow): { id: string; atMs: number; fleet: string; thing: string } {
  return {
    id: `${text(row, 'thing')}:${text(row, 'boot')}:${number(row, 'seq')}`,
    atMs: number(row, 'at'),
    fleet: text(row, 'fleet'),
    thing: text(row, 'thing'),
  };
}

const FLAGS: readonly ResultFlag[] = ['replay', 'truncated', 'cached'];

export function resultOf(row: StoredRow): Past<ResultRow> {
  const isFailed = text(row, 'error_code') !== '';
  const isRejected = typeof row.best_label === 'string';
  const flags: ResultFlag[] = FLAGS.filter((flag) => row[flag] === true);
  if (isFailed) flags.unshift('failed');
  if (isRejected) flags.unshift('rejected');
  const place = placeOf(row);
  return {
    ...place,
    id: `${place.id}:${number(row, 'index')}`,
    requestId: text(row, 'request_id'),
    model: isFailed ? '' : versionId(modelOf(row)),
    label: text(row, 'label'),
    score: isRejected ? number(row, 'best_score') : number(row, 'score'),
    other: isRejected ? text(row, 'best_label') : secondOf(row),
    latencyMs: number(row, 'latency_ms'),
    flags,
    error: isFailed ? `${text(row, 'error_code')}: ${text(row, 'error_message')}`.slice(0, 400) : '',
    text: text(row, 'text').slice(0, 400),
  };
}

function secondOf(row: StoredRow): string {
  try {
    const runnersUp: unknown = JSON.parse(text(row, 'runners_up') || '[]');
    const second: unknown = Array.isArray(runnersUp) ? runnersUp[0] : undefined;
    if (typeof second !== 'object' || second === null || !('label' in second)) return '';
    return String(second.label);
  } catch {
    return '';
  }
}

export function eventOf(row: StoredRow): { readonly row: Past<EventRow>; readonly drift: PastDrift | undefined } {
  const name = text(row, 'name');
  const signal = text(row, 'drift_signal');
  return {
    row: {
      ...placeOf(row),
      name,
      severity: severityOf(name),
      message: text(row, 'message'),
      code: text(row, 'code'),
      model: `${text(row, 'model')} ${text(row, 'model_version')}`.trim(),
    },
    drift: signal === '' ? undefined : { signal, value: number(row, 'drift_value'), bound: number(row, 'drift_bound') },
  };
}

export function sampleOf(row: StoredRow): Past<SampleRow> {
  return {
    ...placeOf(row),
    model: versionId(modelOf(row)),
    text: text(row, 'text').slice(0, 2000),
    label: text(row, 'label'),
    score: number(row, 'score'),
    reason: text(row, 'reason'),
  };
}

export function healthPointOf(row: StoredRow): HealthPoint {
  return [
    number(row, 'at'),
    number(row, 'texts_per_second'),
    number(row, 'latency_p50_ms'),
    number(row, 'latency_p99_ms'),
    number(row, 'rss_bytes'),
    number(row, 'outbox'),
    number(row, 'queue'),
  ];
}
