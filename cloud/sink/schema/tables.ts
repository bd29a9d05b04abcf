/** How a value travels into its column. Instants are milliseconds since 1970, JSON is a text. */
export type ColumnKind = 'text' | 'integer' | 'bigint' | 'double' | 'boolean' | 'instant' | 'json' | 'bytes';

export type TableName = 'results' | 'health' | 'statistics' | 'events' | 'samples' | 'things' | 'dead_letters';

export interface Table {
  readonly columns: Readonly<Record<string, ColumnKind>>;
  readonly key: readonly string[];
  /** What happens where the key is there already: nothing, unless it is said here. */
  readonly onConflict?: string;
}

/** Every row says which message it came by, when the device sent it, and when this sink took it. */
const ORIGIN = {
  thing: 'text',
  boot: 'text',
  seq: 'bigint',
  fleet: 'text',
  sent_at: 'instant',
  received_at: 'instant',
} as const;
const MODEL = { model: 'text', model_version: 'text', model_digest: 'text' } as const;
const KEY = ['thing', 'boot', 'seq'] as const;

/** True where the health message at hand is newer than the one that is noted. 0 is the last will's number, and the last word of its life. */
const NEWER_HEALTH = `excluded.health_boot is not null and (things.health_boot is null
  or excluded.health_boot > things.health_boot
  or (excluded.health_boot = things.health_boot and (excluded.health_seq > things.health_seq or excluded.health_seq = 0)))`;

/** What the sink writes, column by column, in the order in which it writes them. Migrations make the tables themselves. */
export const TABLES: Readonly<Record<TableName, Table>> = {
  results: {
    columns: {
      ...ORIGIN,
      index: 'integer',
      observed_at: 'instant',
      runtime_version: 'text',
      replay: 'boolean',
      request_id: 'text',
      ...MODEL,
      label: 'text',
      score: 'double',
      best_label: 'text',
      best_score: 'double',
      runners_up: 'json',
      labels: 'json',
      entities: 'json',
      queue_ms: 'double',
      inference_ms: 'double',
      token_count: 'bigint',
      truncated: 'boolean',
      cached: 'boolean',
      trimmed: 'boolean',
      text: 'text',
      error_code: 'text',
      error_message: 'text',
    },
    key: [...KEY, 'index'],
  },
  health: {
    columns: {
      ...ORIGIN,
      state: 'text',
      runtime_version: 'text',
      started_at: 'instant',
      heartbeat_seconds: 'double',
      uptime_seconds: 'double',
      models: 'json',
      queue_pending: 'bigint',
      outbox_results: 'bigint',
      outbox_messages: 'bigint',
      outbox_bytes: 'bigint',
      outbox_oldest_seconds: 'double',
      answered: 'bigint',
      failed: 'bigint',
      refused: 'bigint',
      published: 'bigint',
      dropped: 'bigint',
      reconnects: 'bigint',
      latency_p50_ms: 'double',
      latency_p90_ms: 'double',
      latency_p99_ms: 'double',
      texts_per_second: 'double',
      rss_bytes: 'bigint',
      cpu_share: 'double',
      restarts: 'bigint',
      last_end: 'text',
      data: 'json',
    },
    key: KEY,
  },
  statistics: {
    columns: {
      ...ORIGIN,
      ...MODEL,
      window_start: 'instant',
      window_seconds: 'double',
      text_count: 'bigint',
      label_counts: 'json',
      confidence_counts: 'json',
      length_counts: 'json',
      mean_token_count: 'double',
      unknown_token_rate: 'double',
      truncation_rate: 'double',
      rejection_rate: 'double',
      cached_share: 'double',
      accuracy_estimate: 'double',
      accuracy_standard_error: 'double',
      psi_text_count: 'bigint',
      psi_labels: 'double',
      psi_labels_chance: 'double',
      psi_confidence: 'double',
      psi_confidence_chance: 'double',
      psi_length: 'double',
      psi_length_chance: 'double',
      challenger_model: 'text',
      challenger_version: 'text',
      challenger_text_count: 'bigint',
      challenger_agreement: 'double',
      challenger_score_change: 'double',
      data: 'json',
    },
    key: KEY,
  },
  events: {
    columns: {
      ...ORIGIN,
      name: 'text',
      occurred_at: 'instant',
      message: 'text',
      code: 'text',
      model: 'text',
      model_version: 'text',
      request_id: 'text',
      count: 'bigint',
      drift_signal: 'text',
      drift_value: 'double',
      drift_bound: 'double',
      data: 'json',
    },
    key: KEY,
  },
  samples: {
    columns: {
      ...ORIGIN,
      ...MODEL,
      request_id: 'text',
      observed_at: 'instant',
      text: 'text',
      label: 'text',
      score: 'double',
      reason: 'text',
    },
    key: KEY,
  },
  things: {
    columns: {
      fleet: 'text',
      thing: 'text',
      last_heard_at: 'instant',
      health_boot: 'text',
      health_seq: 'bigint',
    },
    key: ['fleet', 'thing'],
    onConflict: `update set
      last_heard_at = greatest(things.last_heard_at, excluded.last_heard_at),
      health_boot = case when ${NEWER_HEALTH} then excluded.health_boot else things.health_boot end,
      health_seq = case when ${NEWER_HEALTH} then excluded.health_seq else things.health_seq end`,
  },
  dead_letters: {
    columns: {
      digest: 'text',
      received_at: 'instant',
      topic: 'text',
      code: 'text',
      message: 'text',
      part: 'text',
      payload: 'bytes',
    },
    key: ['digest'],
  },
};

export const TABLE_NAMES = Object.keys(TABLES) as TableName[]; // the keys of the record are its type's
