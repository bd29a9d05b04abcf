import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ConsumerItem } from '../../consumer/item.ts';
import type { Letter } from '../letter.ts';
import type { SinkObserver } from '../observer.ts';
import type { TableName } from '../schema/tables.ts';
import type { FleetTotal } from '../store.ts';
import { SeriesBound } from './series-bound.ts';

const MAX_RESULT_SERIES = 1000;
const MAX_FLEET_SERIES = 500;

const FLEET_HELP = 'Devices by fleet and state, as the database knows them; silent: ready, and 2.5 heartbeats late.';
const OUTBOX_HELP = 'Results that wait in the outboxes of the devices, by their last health messages.';
/** A database that does not answer a scrape within this time is asked again at the next. */
const ASK_TIMEOUT_MS = 3000;

/** The sink's numbers, as OpenMetrics. What each means stands in its own help text. */
export class SinkMetrics implements SinkObserver {
  readonly registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  readonly #resultBound = new SeriesBound(MAX_RESULT_SERIES);
  readonly #failureBound = new SeriesBound(MAX_RESULT_SERIES);
  readonly #at = { registers: [this.registry] };
  readonly #rows = new Counter({
    name: 'verge_sink_rows_total',
    help: 'Rows that were new in a table.',
    labelNames: ['table'] as const,
    ...this.#at,
  });
  readonly #known = new Counter({
    name: 'verge_sink_known_rows_total',
    help: 'Rows that came and were in the table before.',
    labelNames: ['table'] as const,
    ...this.#at,
  });
  readonly #letters = new Counter({
    name: 'verge_sink_dead_letters_total',
    help: 'Dead letters kept, by what was wrong and where they are.',
    labelNames: ['code', 'kept_in'] as const,
    ...this.#at,
  });
  readonly #results = new Counter({
    name: 'verge_sink_results_total',
    help: 'Answered texts by model and label; beyond 1,000 combinations all others together.',
    labelNames: ['model', 'model_version', 'label'] as const,
    ...this.#at,
  });
  readonly #failures = new Counter({
    name: 'verge_sink_failed_results_total',
    help: 'Texts that a device could not answer, by error code.',
    labelNames: ['code'] as const,
    ...this.#at,
  });
  readonly #transactionSeconds = new Histogram({
    name: 'verge_sink_transaction_seconds',
    help: 'How long transactions took.',
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    ...this.#at,
  });
  readonly #lag = new Gauge({
    name: 'verge_sink_lag_seconds',
    help: 'Age of the newest message of the last batch when its rows were committed, by the clocks of device and sink.',
    ...this.#at,
  });
  readonly #delivery = new Histogram({
    name: 'verge_sink_delivery_seconds',
    help: 'From the sending of a message to the commit of its rows; those that a device sent again after an outage included.',
    buckets: [0.03, 0.1, 0.3, 1, 2, 5, 15, 60, 300, 3600],
    ...this.#at,
  });
  readonly #databaseUp = new Gauge({
    name: 'verge_sink_database_up',
    help: '1 while the database takes rows, 0 while it is away.',
    ...this.#at,
  });
  readonly #brokerUp = new Gauge({
    name: 'verge_sink_broker_up',
    help: '1 while the broker is connected.',
    ...this.#at,
  });

  /** @param fleetTotals asks the database how the fleet is; may fail */
  constructor(fleetTotals: () => Promise<readonly FleetTotal[]>) {
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    collectDefaultMetrics({ register: this.registry });
    this.#databaseUp.set(1);
    const ask = once(fleetTotals);
    this.#fleetGauge('verge_fleet_things', FLEET_HELP, ask, ({ things }) => things);
    this.#fleetGauge('verge_fleet_outbox_results', OUTBOX_HELP, ask, ({ outboxResults }) => outboxResults);
  }

  /** A number of every fleet and state, asked for at every scrape; where the database does not answer the last known stays. */
  #fleetGauge(
    name: string,
    help: string,
    ask: () => Promise<readonly FleetTotal[]>,
    numberOf: (total: FleetTotal) => number,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: ['fleet', 'state'] as const,
      ...this.#at,
      async collect() {
        const totals = await ask().catch(() => undefined);
        if (totals === undefined) return;
        this.reset();
        const bound = new SeriesBound(MAX_FLEET_SERIES);
        for (const total of totals) {
          this.inc(bound.admit({ fleet: total.fleet, state: total.state }), numberOf(total));
        }
      },
    });
  }

  committed(table: TableName, inserted: number, written: number): void {
    if (table === 'things') return;
    this.#rows.inc({ table }, inserted);
    this.#known.inc({ table }, written - inserted);
  }

  transaction(_rows: number, seconds: number): void {
    this.#transactionSeconds.observe(seconds);
  }

  letters(letters: readonly Letter[], where: 'table' | 'file'): void {
    for (const { code } of letters) this.#letters.inc({ code, kept_in: where });
  }

  database(away: string | undefined): void {
    this.#databaseUp.set(away === undefined ? 1 : 0);
  }

  done(items: readonly ConsumerItem[]): void {
    const nowMs = Date.now();
    let newestMs: number | undefined;
    let last: unknown;
    for (const item of items) {
      if (item.kind === 'link') this.#brokerUp.set(item.state === 'connected' ? 1 : 0);
      if (!('sentAt' in item)) continue;
      this.#count(item);
      const message = item.original();
      if (message === last) continue;
      last = message;
      const ageMs = Math.max(0, nowMs - Date.parse(item.sentAt));
      newestMs = Math.min(ageMs, newestMs ?? ageMs);
      this.#delivery.observe(ageMs / 1000);
    }
    if (newestMs !== undefined) this.#lag.set(newestMs / 1000);
  }

  #count(item: ConsumerItem): void {
    if (item.kind !== 'result') return;
    if (!item.answered) {
      this.#failures.inc(this.#failureBound.admit({ code: item.error.code }));
      return;
    }
    const { model, label } = item;
    this.#results.inc(this.#resultBound.admit({ model: model.name, model_version: model.version, label }));
  }
}

/** One question at a time: whoever asks while one is under way gets its answer. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('the database does not answer')), ASK_TIMEOUT_MS).unref();
    });
    return Promise.race([asking, late]);
  };
}
