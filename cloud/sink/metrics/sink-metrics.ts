import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ConsumerItem } from '../../consumer/item.ts';
import type { Letter } from '../letter.ts';
import type { SinkObserver } from '../observer.ts';
import type { TableName } from '../schema/tables.ts';
import type { FleetTotal } from '../store.ts';
import { SeriesBound } from './series-bound.ts';

const MAX_RESULT_SERIES = 1000;
const MAX_FLEET_SERIES = 500;

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
    const things = new Gauge({
      name: 'verge_fleet_things',
      help: 'Devices by fleet and state, as the database knows them; silent: ready, and 2.5 heartbeats late.',
      labelNames: ['fleet', 'state'] as const,
      ...this.#at,
      async collect() {
        const totals = await fleetTotals().catch(() => undefined);
        if (totals === undefined) return; // the last known stay
        things.reset();
        outbox.reset();
        const bound = new SeriesBound(MAX_FLEET_SERIES);
        for (const { fleet, state, things: count, outboxResults } of totals) {
          things.inc(bound.admit({ fleet, state }), count);
          outbox.inc(bound.admit({ fleet, state }), outboxResults);
        }
      },
    });
    const outbox = new Gauge({
      name: 'verge_fleet_outbox_results',
      help: 'Results that wait in the outboxes of the devices, by their last health messages.',
      labelNames: ['fleet', 'state'] as const,
      ...this.#at,
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
    let lastSentAt = '';
    for (const item of items) {
      if (item.kind === 'link') this.#brokerUp.set(item.state === 'connected' ? 1 : 0);
      if (!('sentAt' in item)) continue;
      this.#count(item);
      if (item.sentAt === lastSentAt) continue; // of the same message
      lastSentAt = item.sentAt;
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
