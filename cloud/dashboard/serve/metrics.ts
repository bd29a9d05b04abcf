import { Gauge, Registry } from 'prom-client';
import type { Live } from '../live/live.ts';
import { shownState } from '../wire/silence.ts';

/** Series are bounded: beyond so many versions the dashboard has forgotten them anyway, beyond so many labels they are one. */
const MAX_LABEL_SERIES = 100;

export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
}

/** What the dashboard knows, in OpenMetrics. All are gauges of the moment: counts begin anew with the seven-day window. */
export function makeMetrics(live: Live, now: () => number, pages: () => number): Metrics {
  const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const registers = [registry];

  function simple(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  new Gauge({
    name: 'verge_fleet_devices',
    help: 'Devices by state; silent: alive by its last word, and three heartbeats late.',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const row of live.fleet.rows()) this.inc({ state: shownState(row, now()) });
    },
  });
  simple('verge_fleet_outbox_results', 'Results that wait on devices for the link.', () =>
    live.fleet.rows().reduce((sum, { outbox }) => sum + outbox, 0),
  );
  simple('verge_fleet_drifting_devices', 'Devices on which something drifts.', () =>
    live.fleet.rows().reduce((sum, { drifting }) => sum + (drifting > 0 ? 1 : 0), 0),
  );
  new Gauge({
    name: 'verge_results_week',
    help: 'Answers of the last seven days by model, version and label; an empty label is all rare ones together.',
    labelNames: ['model', 'version', 'label'],
    registers,
    collect() {
      this.reset();
      for (const version of live.versions.all()) {
        const { name, version: number } = version.reference;
        let at = 0;
        for (const [label, count] of version.labelTotals(now())) {
          this.inc({ model: name, version: number, label: at++ < MAX_LABEL_SERIES ? label : '' }, count);
        }
      }
    },
  });
  simple(
    'verge_results_seen',
    'Results seen, those of the past included.',
    () => live.counts.answered + live.counts.failed,
  );
  simple('verge_results_failed', 'Of those, texts that were not answered.', () => live.counts.failed);
  simple('verge_results_per_second', 'Results arriving, over the last ten seconds.', () => live.perSecond(now()));
  simple('verge_messages_missing', 'Messages reported missing and not come since.', () => live.counts.missing);
  simple('verge_messages_malformed', 'Messages that are none of the contract.', () => live.counts.malformed);
  simple(
    'verge_lag_seconds',
    'From sending to arriving of the newest message, by two clocks.',
    () => live.lagSeconds ?? 0,
  );
  simple('verge_dashboard_pages', 'Pages that are open.', pages);
  simple('verge_dashboard_resident_bytes', 'Resident memory of this process.', () => process.memoryUsage.rss());
  return { contentType: registry.contentType, render: () => registry.metrics() };
}
