import type * as z from 'zod';
import { healthDataSchema } from '../../../component/contract/health.ts';
import { statsDataSchema } from '../../../component/contract/stats.ts';
import { binLatency } from '../live/histogram.ts';
import { STATISTICS } from '../live/version-bucket.ts';
import { WINDOW_NAMES, WINDOWS, type WindowName } from '../wire/windows.ts';
import type { DevicePast, History, PastPiece } from './history.ts';
import {
  labelsSql,
  NEWEST,
  NEWEST_OF_ONE,
  NEWEST_STATISTICS,
  spreadSql,
  statisticsSql,
  THINGS,
  trafficSql,
} from './statements.ts';
import { eventOf, healthPointOf, modelOf, number, resultOf, type StoredRow, sampleOf, text } from './stored-rows.ts';

/** A connection that only reads. */
export interface Reader {
  query(sql: string, values: readonly (string | number)[]): Promise<readonly StoredRow[]>;
  close(): Promise<void>;
}

const HOUR_SECONDS = 3600;

/** The past as the sink's tables hold it. Connected only while it is read, since a DuckDB file has one owner at a time. */
export class SqlHistory implements History {
  readonly words: string;
  readonly #connect: () => Promise<Reader>;

  constructor(words: string, connect: () => Promise<Reader>) {
    this.words = words;
    this.#connect = connect;
  }

  async *read(beforeMs: number, signal: AbortSignal): AsyncGenerator<PastPiece, void> {
    const reader = await this.#connect();
    try {
      const before = beforeMs / 1000;
      yield* things(await reader.query(THINGS, [before]));
      const judged = await reader.query(NEWEST_STATISTICS, [before - HOUR_SECONDS, before]);
      yield* told('stats', statsDataSchema, judged.toReversed());
      for (const row of (await reader.query(NEWEST.results, [before])).toReversed()) {
        yield { kind: 'result', row: resultOf(row) };
      }
      for (const row of (await reader.query(NEWEST.events, [before])).toReversed()) {
        yield { kind: 'event', ...eventOf(row) };
      }
      for (const row of (await reader.query(NEWEST.samples, [before])).toReversed()) {
        yield { kind: 'sample', row: sampleOf(row) };
      }
      for (const window of WINDOW_NAMES) {
        if (signal.aborted) return;
        yield* counts(reader, window, beforeMs);
      }
    } finally {
      await reader.close();
    }
  }

  async device({ fleet, thing }: { fleet: string; thing: string }, beforeMs: number): Promise<DevicePast> {
    const reader = await this.#connect();
    try {
      const values = [beforeMs / 1000, fleet, thing] as const;
      const health = await reader.query(NEWEST_OF_ONE.health, values);
      const results = await reader.query(NEWEST_OF_ONE.results, values);
      const events = await reader.query(NEWEST_OF_ONE.events, values);
      const samples = await reader.query(NEWEST_OF_ONE.samples, values);
      return {
        health: health.map(healthPointOf).toReversed(),
        results: results.map(resultOf),
        events: events.map((row) => eventOf(row).row),
        samples: samples.map(sampleOf),
      };
    } finally {
      await reader.close();
    }
  }
}

/** Those heard of longest ago first, as they would have come. */
function* things(rows: readonly StoredRow[]): Generator<PastPiece> {
  yield* told('health', healthDataSchema, rows.toReversed());
}

/** Messages of which the table keeps the whole; one that a newer Verge wrote, and this one can't read, is passed over. */
function* told<Kind extends 'health' | 'stats'>(
  kind: Kind,
  schema: z.ZodType,
  rows: readonly StoredRow[],
): Generator<PastPiece> {
  for (const row of rows) {
    const read = schema.safeParse(parsed(text(row, 'data')));
    if (!read.success) continue;
    // The schema is the kind's, which the type system cannot follow.
    yield {
      kind,
      fleet: text(row, 'fleet'),
      thing: text(row, 'thing'),
      atMs: number(row, 'at'),
      data: read.data,
    } as PastPiece;
  }
}

async function* counts(reader: Reader, window: WindowName, beforeMs: number): AsyncGenerator<PastPiece> {
  const { stepMs, steps, versionStepMs, versionSteps } = WINDOWS[window];
  const before = beforeMs / 1000;
  for (const row of await reader.query(trafficSql(stepMs), [before - (stepMs * steps) / 1000, before])) {
    const bin = number(row, 'bin');
    const times = number(row, 'times');
    const head = { atMs: number(row, 'at'), rejected: number(row, 'rejected') };
    yield {
      kind: 'traffic',
      window,
      count:
        bin < 0
          ? { ...head, answered: 0, failed: times, latencies: [] }
          : { ...head, answered: times, failed: 0, latencies: [[binLatency(bin), times]] },
    };
  }
  const span = [before - (versionStepMs * versionSteps) / 1000, before] as const;
  for (const row of await reader.query(labelsSql(versionStepMs), span)) {
    const count = {
      atMs: number(row, 'at'),
      label: text(row, 'label'),
      times: number(row, 'times'),
      rejected: number(row, 'rejected'),
      cached: number(row, 'cached'),
      truncated: number(row, 'truncated'),
      scoreSum: number(row, 'score_sum'),
      scores: [],
      latencies: [],
    };
    yield { kind: 'version', window, model: modelOf(row), count };
  }
  for (const row of await reader.query(spreadSql(versionStepMs), span)) {
    const times = number(row, 'times');
    const count = {
      atMs: number(row, 'at'),
      label: undefined,
      times: 0,
      rejected: 0,
      cached: 0,
      truncated: 0,
      scoreSum: 0,
      scores: [[number(row, 'score_bin'), times]] as const,
      latencies: [[binLatency(number(row, 'bin')), times]] as const,
    };
    yield { kind: 'version', window, model: modelOf(row), count };
  }
  for (const row of await reader.query(statisticsSql(versionStepMs), span)) {
    for (const name of STATISTICS) {
      const weight = number(row, `${name}_weight`);
      if (weight === 0) continue;
      const sum = number(row, `${name}_sum`);
      yield { kind: 'statistic', window, model: modelOf(row), atMs: number(row, 'at'), name, sum, weight };
    }
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
