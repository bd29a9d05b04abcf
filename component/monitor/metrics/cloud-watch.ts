import { CLOUD_WATCH_TOPIC } from '../../contract/topics.ts';
import type { Metric } from './metric.ts';

/** Of the local bus, what metrics need. The component reads messages that are JSON for the bus itself, and fails on bytes. */
export interface MetricBus {
  publish(topic: string, payload: { readonly kind: 'json'; readonly value: unknown }): Promise<void>;
}

export interface CloudWatchOptions {
  readonly bus: MetricBus;
  readonly namespace: string;
  readonly fleet: string;
  readonly now: () => Date;
}

/** Ten a second, so that a period's metrics leave room on a bus that all components share. */
const PAUSE_MS = 100;
/** Several periods of many models; beyond it the oldest go, since newer ones say more. */
const MAX_WAITING = 500;
/** What CloudWatch takes besides 0: smaller or larger ones are refused. */
const MIN_VALUE = 8.51592e-109;
const MAX_VALUE = 1.174271e108;

/** Hands metrics to the public component aws.greengrass.Cloudwatch, one in a message, as it asks for. */
export class CloudWatchMetrics {
  readonly #options: CloudWatchOptions;
  #waiting: object[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CloudWatchOptions) {
    this.#options = options;
  }

  /** Returns at once. Metrics are of the moment: what the bus does not take is gone. */
  put(metrics: readonly Metric[]): void {
    const seconds = this.#options.now().getTime() / 1000;
    const requests = metrics.filter(isTaken).map((metric) => this.#request(metric, seconds));
    this.#waiting = [...this.#waiting, ...requests].slice(-MAX_WAITING);
    if (this.#timer === undefined) this.#sendNext();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #sendNext(): void {
    this.#timer = undefined;
    const value = this.#waiting.shift();
    if (value === undefined) return;
    void this.#options.bus.publish(CLOUD_WATCH_TOPIC, { kind: 'json', value }).catch(() => undefined);
    this.#timer = setTimeout(() => this.#sendNext(), PAUSE_MS).unref();
  }

  /** The component adds the thing as the dimension `coreName`. */
  #request({ name, value, unit, model }: Metric, timestamp: number): object {
    const { namespace, fleet } = this.#options;
    const dimensions = [
      { name: 'fleet', value: fleet },
      ...(model === undefined ? [] : [{ name: 'model', value: model }]),
    ];
    return { request: { namespace, metricData: { metricName: name, dimensions, timestamp, value, unit } } };
  }
}

function isTaken({ value }: Metric): boolean {
  const size = Math.abs(value);
  return value === 0 || (size >= MIN_VALUE && size <= MAX_VALUE);
}
