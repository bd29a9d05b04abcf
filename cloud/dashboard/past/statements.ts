import { latencyBinSql } from '../live/histogram.ts';

/** SQL that DuckDB and PostgreSQL read alike. $1 and $2: seconds since 1970, of observing and of storing. */

const LATENCY = 'queue_ms + inference_ms';
const MODEL = 'model, model_version, model_digest';
const SPAN = 'observed_at >= to_timestamp($1) and received_at < to_timestamp($2)';

const ms = (column: string): string => `cast(extract(epoch from ${column}) * 1000 as double precision)`;
const number = (expression: string): string => `cast(${expression} as double precision)`;
const times = (condition: string): string => number(`sum(case when ${condition} then 1 else 0 end)`);
const stepOf = (seconds: string, stepMs: number): string =>
  `cast(floor((${seconds}) * 1000 / ${stepMs}) * ${stepMs} as double precision)`;
const step = (column: string, stepMs: number): string => stepOf(`extract(epoch from ${column})`, stepMs);
/** A window of statistics belongs to the moment at which it ended. */
const WINDOW_END = 'extract(epoch from window_start) + window_seconds';

/** The last word of every thing, those heard of last first. */
export const THINGS = `select t.fleet, t.thing, ${ms('t.last_heard_at')} as at, cast(h.data as text) as data
  from things t left join health h on h.thing = t.thing and h.boot = t.health_boot and h.seq = t.health_seq
  where t.last_heard_at < to_timestamp($1) order by t.last_heard_at desc limit 20000`;

export const NEWEST_STATISTICS = `select fleet, thing, ${ms('received_at')} as at, cast(data as text) as data
  from statistics where window_start >= to_timestamp($1) and received_at < to_timestamp($2)
  order by window_start desc limit 5000`;

export function trafficSql(stepMs: number): string {
  return `select ${step('observed_at', stepMs)} as at,
    cast(case when error_code is null then ${latencyBinSql(LATENCY)} else -1 end as integer) as bin,
    ${number('count(*)')} as times, ${times('best_label is not null')} as rejected
    from results where ${SPAN} group by 1, 2`;
}

export function labelsSql(stepMs: number): string {
  return `select ${step('observed_at', stepMs)} as at, ${MODEL}, label, ${number('count(*)')} as times,
    ${times('best_label is not null')} as rejected, ${times('cached')} as cached, ${times('truncated')} as truncated,
    sum(coalesce(best_score, score)) as score_sum
    from results where error_code is null and ${SPAN} group by 1, 2, 3, 4, 5`;
}

export function spreadSql(stepMs: number): string {
  return `select ${step('observed_at', stepMs)} as at, ${MODEL},
    cast(least(9, greatest(0, floor(coalesce(best_score, score) * 10))) as integer) as score_bin,
    cast(${latencyBinSql(LATENCY)} as integer) as bin, ${number('count(*)')} as times
    from results where error_code is null and ${SPAN} group by 1, 2, 3, 4, 5, 6`;
}

export function statisticsSql(stepMs: number): string {
  const sums = (name: string, value: string, weight: string): string =>
    `sum((${value}) * ${weight}) as ${name}_sum, ${number(`sum(case when ${value} is null then 0 else ${weight} end)`)} as ${name}_weight`;
  return `select ${stepOf(WINDOW_END, stepMs)} as at, ${MODEL},
    ${sums('labels', 'psi_labels - psi_labels_chance', 'psi_text_count')},
    ${sums('confidence', 'psi_confidence - psi_confidence_chance', 'psi_text_count')},
    ${sums('length', 'psi_length - psi_length_chance', 'psi_text_count')},
    ${sums('accuracy', 'accuracy_estimate', 'text_count')},
    ${sums('agreement', 'challenger_agreement', 'challenger_text_count')}
    from statistics where window_start >= to_timestamp($1) and received_at < to_timestamp($2) group by 1, 2, 3, 4`;
}

const RESULT = `select thing, boot, ${number('seq')} as seq, ${number('index')} as index, fleet, ${ms('observed_at')} as at,
  request_id, ${MODEL}, label, score, best_label, best_score, cast(runners_up as text) as runners_up,
  ${LATENCY} as latency_ms, replay, truncated, cached, text, error_code, error_message from results`;
const EVENT = `select thing, boot, ${number('seq')} as seq, fleet, ${ms('occurred_at')} as at, name, message, code, model,
  model_version, drift_signal, drift_value, drift_bound from events`;
const SAMPLE = `select thing, boot, ${number('seq')} as seq, fleet, ${ms('observed_at')} as at, ${MODEL}, text, label, score,
  reason from samples`;

/** The newest rows of all things, or with $2 and $3 of one. */
function newest(select: string, limit: number, ofOne: boolean): string {
  const place = ofOne ? 'and fleet = $2 and thing = $3' : '';
  return `${select} where received_at < to_timestamp($1) ${place} order by received_at desc limit ${limit}`;
}

export const NEWEST = {
  results: newest(RESULT, 200, false),
  events: newest(EVENT, 1000, false),
  samples: newest(SAMPLE, 500, false),
} as const;

export const NEWEST_OF_ONE = {
  results: newest(RESULT, 50, true),
  events: newest(EVENT, 50, true),
  samples: newest(SAMPLE, 50, true),
  health: `select ${ms('received_at')} as at, texts_per_second, latency_p50_ms, latency_p99_ms,
    ${number('rss_bytes')} as rss_bytes, ${number('outbox_results')} as outbox, ${number('queue_pending')} as queue
    from health where received_at < to_timestamp($1) and fleet = $2 and thing = $3 and latency_p50_ms is not null
    order by received_at desc limit 300`,
} as const;
