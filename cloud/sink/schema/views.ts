/** One question that people ask, as a view: the same name and the same columns in both databases. */
export interface View {
  readonly name: string;
  /** What it answers, one sentence; stored with the view as its comment. */
  readonly question: string;
  readonly sql: string;
}

/** How many heartbeats may fail to come before a thing counts as silent. */
const SILENT_HEARTBEATS = 2.5;

const SINCE_HEARD = `extract(epoch from now()) - extract(epoch from last_heard_at)`;

/** In the order in which they can be made. */
export const VIEWS: readonly View[] = [
  {
    name: 'label_counts',
    question: 'How often did each device give each label, hour by hour?',
    sql: `select date_trunc('hour', observed_at) as hour, fleet, thing, model, model_version, label, count(*) as count
      from results where error_code is null group by 1, 2, 3, 4, 5, 6`,
  },
  {
    name: 'confidence',
    question: 'How sure were the models, hour by hour?',
    sql: `select date_trunc('hour', observed_at) as hour, fleet, model, model_version, count(*) as count,
      avg(score) as mean_score,
      percentile_cont(0.1) within group (order by score) as p10_score,
      percentile_cont(0.5) within group (order by score) as p50_score,
      percentile_cont(0.9) within group (order by score) as p90_score,
      avg(case when best_label is null then 0.0 else 1.0 end) as rejected_share
      from results where error_code is null group by 1, 2, 3, 4`,
  },
  {
    name: 'model_versions',
    question: 'How do the versions of a model do, side by side?',
    sql: `select model, model_version, min(observed_at) as first_at, max(observed_at) as last_at,
      count(distinct thing) as things, count(*) as count, avg(score) as mean_score,
      avg(case when best_label is null then 0.0 else 1.0 end) as rejected_share,
      avg(case when truncated then 1.0 else 0.0 end) as truncated_share,
      avg(case when cached then 1.0 else 0.0 end) as cached_share,
      percentile_cont(0.5) within group (order by queue_ms + inference_ms) as p50_ms,
      percentile_cont(0.9) within group (order by queue_ms + inference_ms) as p90_ms,
      percentile_cont(0.99) within group (order by queue_ms + inference_ms) as p99_ms
      from results where error_code is null group by 1, 2`,
  },
  {
    name: 'version_labels',
    question: 'What share of its answers has each label, for each version of a model?',
    sql: `select model, model_version, label, count(*) as count,
      count(*) * 1.0 / sum(count(*)) over (partition by model, model_version) as share
      from results where error_code is null group by 1, 2, 3`,
  },
  {
    name: 'latency',
    question: 'How long did answers take, minute by minute?',
    sql: `select date_trunc('minute', observed_at) as minute, fleet, model, model_version, count(*) as count,
      percentile_cont(0.5) within group (order by queue_ms + inference_ms) as p50_ms,
      percentile_cont(0.9) within group (order by queue_ms + inference_ms) as p90_ms,
      percentile_cont(0.99) within group (order by queue_ms + inference_ms) as p99_ms
      from results where error_code is null group by 1, 2, 3, 4`,
  },
  {
    name: 'throughput',
    question: 'How many texts were answered, and how many failed, minute by minute?',
    sql: `select date_trunc('minute', observed_at) as minute, fleet, count(*) as count,
      count(*) filter (where error_code is not null) as failed, count(*) / 60.0 as texts_per_second
      from results group by 1, 2`,
  },
  {
    name: 'failures',
    question: 'Which texts got no answer, hour by hour, and why?',
    sql: `select date_trunc('hour', observed_at) as hour, fleet, thing, error_code, count(*) as count
      from results where error_code is not null group by 1, 2, 3, 4`,
  },
  {
    name: 'fleet',
    question: 'How is each device now: its last health message, and whether it has fallen silent?',
    sql: `select fleet, thing,
      case when state = 'ready' and silent_seconds > ${SILENT_HEARTBEATS} * heartbeat_seconds then 'silent'
        else coalesce(state, 'unknown') end as state,
      last_heard_at, silent_seconds, health_at, runtime_version, models, started_at, heartbeat_seconds, outbox_results,
      outbox_messages, outbox_oldest_seconds, answered, failed, dropped, reconnects, restarts, last_end,
      latency_p50_ms, latency_p99_ms, texts_per_second, rss_bytes, cpu_share
      from (select t.fleet, t.thing, h.state, t.last_heard_at, ${SINCE_HEARD} as silent_seconds,
        h.received_at as health_at, h.runtime_version, h.models, h.started_at, h.heartbeat_seconds, h.outbox_results,
        h.outbox_messages, h.outbox_oldest_seconds, h.answered, h.failed, h.dropped, h.reconnects, h.restarts, h.last_end,
        h.latency_p50_ms, h.latency_p99_ms, h.texts_per_second, h.rss_bytes, h.cpu_share
        from things t left join health h on h.thing = t.thing and h.boot = t.health_boot and h.seq = t.health_seq) known`,
  },
  {
    name: 'silence',
    question: 'Which devices were lost or have fallen silent, and since when?',
    sql: `select fleet, thing, state, last_heard_at, silent_seconds, heartbeat_seconds, outbox_results, runtime_version
      from fleet where state in ('silent', 'lost')`,
  },
  {
    name: 'drift',
    question: 'How far is what each model sees from its baseline, window by window, beyond what chance explains?',
    sql: `select window_start, window_seconds, fleet, thing, model, model_version, text_count,
      psi_labels - psi_labels_chance as labels_drift, psi_confidence - psi_confidence_chance as confidence_drift,
      psi_length - psi_length_chance as length_drift, unknown_token_rate, rejection_rate, truncation_rate,
      accuracy_estimate, accuracy_standard_error, challenger_version, challenger_agreement
      from statistics`,
  },
  {
    name: 'unsure_texts',
    question: 'Which texts would a person look at first: those that left a device, the least sure ones first?',
    sql: `select observed_at, fleet, thing, model, model_version, request_id, text, label, score, reason
      from samples order by score, observed_at`,
  },
  {
    name: 'missing_messages',
    question: 'Of which devices, and in which life, did messages with results not come, by their numbers?',
    sql: `select fleet, thing, boot, min(seq) as first_seq, max(seq) as last_seq, count(distinct seq) as messages,
      max(seq) - min(seq) + 1 - count(distinct seq) as missing
      from results group by 1, 2, 3 having max(seq) - min(seq) + 1 > count(distinct seq)`,
  },
  {
    name: 'dead_letter_counts',
    question: 'What was not taken, and why?',
    sql: `select code, count(*) as count, min(received_at) as first_at, max(received_at) as last_at
      from dead_letters group by 1`,
  },
];
