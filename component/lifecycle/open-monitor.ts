import type { Logger } from 'pino';
import type { Classification } from '../classify/classification.ts';
import type { ModelReference } from '../contract/parts.ts';
import type { Settings } from '../contract/settings.ts';
import type { Link } from '../link/link.ts';
import type { Capture } from '../monitor/capture/capture.ts';
import { ClockOffset } from '../monitor/clock-offset.ts';
import type { HealthSource } from '../monitor/describe-health.ts';
import { Heartbeat } from '../monitor/heartbeat.ts';
import { CloudWatchMetrics, type MetricBus } from '../monitor/metrics/cloud-watch.ts';
import { runtimeMetrics, windowMetrics } from '../monitor/metrics/metric.ts';
import { Observations } from '../monitor/observations.ts';
import type { StatsBody } from '../monitor/stats/describe-stats.ts';
import { ModelWindows } from '../monitor/stats/model-windows.ts';
import { StatsReport } from '../monitor/stats/stats-report.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Admission } from '../sources/admission.ts';
import type { TextObserver } from '../sources/text-desk.ts';
import type { Models } from './open-models.ts';
import type { Teller } from './teller.ts';

export interface MonitorOptions {
  readonly settings: Settings;
  readonly source: HealthSource;
  readonly link: Link;
  readonly outbox: Outbox;
  readonly admission: Admission;
  readonly models: Models;
  readonly capture: Capture;
  readonly teller: Teller;
  readonly now: () => Date;
  readonly log: Logger;
  /** Undefined where the link has no local topics. */
  readonly bus: MetricBus | undefined;
  readonly random: () => number;
}

/** Everything that the runtime says of itself: health, statistics, drift and, where it is asked for, metrics. */
export class Monitor implements TextObserver {
  readonly heartbeat: Heartbeat;
  readonly clockOffset: ClockOffset;
  readonly #options: MonitorOptions;
  readonly #observations = new Observations();
  readonly #windows: ModelWindows;
  readonly #stats: StatsReport;
  readonly #metrics: CloudWatchMetrics | undefined;

  constructor(options: MonitorOptions) {
    const { settings, source, link, outbox, admission, models, capture, teller, now, random } = options;
    this.#options = options;
    this.#metrics = this.#openMetrics();
    this.#windows = new ModelWindows({
      yardstick: ({ name, digest }) => {
        const serving = models.serving.find(name);
        return serving?.reference.digest === digest ? serving.bundle.manifest : undefined;
      },
      now,
      clock: () => performance.now(),
    });
    this.#stats = new StatsReport({
      settings,
      windows: this.#windows,
      serves: ({ name, digest }) => models.serving.find(name)?.reference.digest === digest,
      takeChallenger: (name) => models.shadow.take(name),
      post: (body) => outbox.post('stats', body),
      tell: (name, message, more) => teller.tell(name, message, more),
      onReported: (bodies) => this.#putMetrics(bodies),
      random,
    });
    this.clockOffset = new ClockOffset({ now, steadyMs: () => performance.now() });
    const bornAt = performance.now();
    this.heartbeat = new Heartbeat({
      source,
      link,
      now,
      uptimeMs: () => performance.now() - bornAt,
      random,
      jitter: settings.heartbeatJitter,
      messageBytes: settings.messageBytes,
      nextSeq: () => outbox.nextSeq('health'),
      models: () => models.serving.references(),
      challengers: () => models.challengerReferences(),
      queue: () => ({ pending: admission.held, limit: admission.limit }),
      outbox: () => ({ ...outbox.depth(), ...outbox.counts() }),
      observations: this.#observations,
      capture: () => capture.counts(),
      clockOffsetMs: () => this.clockOffset.valueMs(),
    });
  }

  answered(model: ModelReference, answer: Classification, latencyMs: number): void {
    this.#observations.answered(model, answer, latencyMs);
    this.#windows.add(model, answer);
  }

  failed(code: string): void {
    this.#observations.failed(code);
  }

  refused(code: string): void {
    this.#observations.refused(code);
  }

  start(): void {
    this.heartbeat.start();
    this.#stats.start();
  }

  /** Reports the windows that are open; the outbox must still take them. */
  async finish(): Promise<void> {
    await this.#stats.stop();
    await this.#options.capture.close();
    this.#metrics?.stop();
  }

  #openMetrics(): CloudWatchMetrics | undefined {
    const { settings, source, bus, now, log } = this.#options;
    if (!settings.cloudWatchMetrics) return undefined;
    if (bus)
      return new CloudWatchMetrics({ bus, namespace: settings.cloudWatchNamespace, fleet: source.place.fleet, now });
    log.warn('cloudWatchMetrics is on, and there are no local topics to send metrics by: they are left out');
    return undefined;
  }

  #putMetrics(bodies: readonly StatsBody[]): void {
    const { admission, outbox } = this.#options;
    this.#metrics?.put([
      ...runtimeMetrics({
        textsPerSecond: this.#observations.textsPerSecond(),
        latency: this.#observations.latency(),
        queuePending: admission.held,
        outboxBytes: outbox.depth().bytes,
        rssBytes: process.memoryUsage.rss(),
      }),
      ...bodies.flatMap(windowMetrics),
    ]);
  }
}
