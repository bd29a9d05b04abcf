import type { Dialect } from './dialect.ts';

/** Version 1. Released: what comes next is an entry of its own. */
export function firstTables({ json, key }: Dialect): readonly string[] {
  const origin = `
    thing ${key} not null, boot ${key} not null, seq bigint not null, fleet ${key} not null,
    sent_at timestamptz not null, received_at timestamptz not null`;
  const model = `model text not null, model_version text not null, model_digest text not null`;
  return [
    `create table results (${origin},
      index integer not null, observed_at timestamptz not null, runtime_version text not null, replay boolean not null,
      request_id text not null, model text, model_version text, model_digest text, label text, score double precision,
      best_label text, best_score double precision, runners_up ${json}, labels ${json}, entities ${json},
      queue_ms double precision, inference_ms double precision, token_count bigint,
      truncated boolean, cached boolean, trimmed boolean, text text, error_code text, error_message text,
      primary key (thing, boot, seq, index))`,
    `create table health (${origin},
      state text not null, runtime_version text not null, started_at timestamptz not null,
      heartbeat_seconds double precision not null, uptime_seconds double precision, models ${json} not null,
      queue_pending bigint, outbox_results bigint, outbox_messages bigint, outbox_bytes bigint,
      outbox_oldest_seconds double precision, answered bigint, failed bigint, refused bigint, published bigint,
      dropped bigint, reconnects bigint, latency_p50_ms double precision, latency_p90_ms double precision,
      latency_p99_ms double precision, texts_per_second double precision, rss_bytes bigint,
      cpu_share double precision, restarts bigint, last_end text, data ${json} not null,
      primary key (thing, boot, seq))`,
    `create table statistics (${origin}, ${model},
      window_start timestamptz not null, window_seconds double precision not null, text_count bigint not null,
      label_counts ${json} not null, confidence_counts ${json} not null, length_counts ${json},
      mean_token_count double precision, unknown_token_rate double precision, truncation_rate double precision,
      rejection_rate double precision, cached_share double precision, accuracy_estimate double precision,
      accuracy_standard_error double precision, psi_text_count bigint, psi_labels double precision,
      psi_labels_chance double precision, psi_confidence double precision, psi_confidence_chance double precision,
      psi_length double precision, psi_length_chance double precision, challenger_model text,
      challenger_version text, challenger_text_count bigint, challenger_agreement double precision,
      challenger_score_change double precision, data ${json} not null,
      primary key (thing, boot, seq))`,
    `create table events (${origin},
      name text not null, occurred_at timestamptz not null, message text not null, code text, model text, model_version text,
      request_id text, count bigint, drift_signal text, drift_value double precision, drift_bound double precision,
      data ${json} not null,
      primary key (thing, boot, seq))`,
    `create table samples (${origin}, ${model},
      request_id text not null, observed_at timestamptz not null, text text not null, label text not null,
      score double precision not null, reason text not null,
      primary key (thing, boot, seq))`,
    `create table things (
      fleet ${key} not null, thing ${key} not null, last_heard_at timestamptz not null, health_boot ${key}, health_seq bigint,
      primary key (fleet, thing))`,
    `create table dead_letters (
      digest text primary key, received_at timestamptz not null, topic text not null, code text not null,
      message text not null, part text, payload bytea not null)`,
    ...timeIndexes(json),
  ];
}

/** PostgreSQL finds a span of time by an index. DuckDB keeps the bounds of every block of rows and needs none. */
function timeIndexes(json: string): readonly string[] {
  if (json !== 'jsonb') return [];
  return [
    'create index results_by_time on results using brin (received_at)',
    'create index results_by_observation on results (observed_at)',
    'create index health_by_time on health using brin (received_at)',
    'create index statistics_by_window on statistics (window_start)',
    'create index events_by_time on events (received_at)',
    'create index dead_letters_by_time on dead_letters (received_at)',
  ];
}
