import { describe, expect, it, onTestFinished } from 'vitest';
import { Acknowledgements } from '../../../../cloud/consumer/acknowledgements.ts';
import { Delivery } from '../../../../cloud/consumer/delivery.ts';
import { Intake } from '../../../../cloud/consumer/intake.ts';
import type { ConsumerItem } from '../../../../cloud/consumer/item.ts';
import { serveMetrics } from '../../../../cloud/sink/metrics/serve-metrics.ts';
import { SinkMetrics } from '../../../../cloud/sink/metrics/sink-metrics.ts';
import { ResultMessage } from '../../../../component/outbox/result-message.ts';
import { OVEN } from '../../../support/messages.ts';
import { answered } from '../../../support/results.ts';

const NO_FLEET = async (): Promise<[]> => [];

function itemsOf(labels: readonly string[]): ConsumerItem[] {
  const message = new ResultMessage({ place: OVEN, boot: 'b1', runtimeVersion: '0.1.0' }, 10_000_000);
  for (const [index, label] of labels.entries()) message.add(answered(`${index}`, { label, runnersUp: [] }));
  const intake = new Intake({ reportGaps: false, maxTopics: 10 }, new Acknowledgements());
  return intake.read(new Delivery('dt/verge/bakeries/oven-17/result', message.seal(1, new Date())));
}

describe('the numbers of a sink', () => {
  it('are OpenMetrics: served as such, with help and an end', async () => {
    const metrics = new SinkMetrics(NO_FLEET);
    metrics.committed('results', 7, 10);
    const server = await serveMetrics(metrics.registry, '127.0.0.1', 0);
    onTestFinished(() => server.close());

    const response = await fetch(server.url);

    expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text; *version=1\.0\.0/);
    const text = await response.text();
    expect(text).toContain('# TYPE verge_sink_rows counter');
    expect(text).toContain('verge_sink_rows_total{table="results"} 7');
    expect(text).toContain('verge_sink_known_rows_total{table="results"} 3');
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  it('answer nothing else', async () => {
    const server = await serveMetrics(new SinkMetrics(NO_FLEET).registry, '127.0.0.1', 0);
    onTestFinished(() => server.close());

    const response = await fetch(new URL('/', server.url));

    expect(response.status).toBe(404);
  });

  it('count answers by model and label, and gather the labels beyond a bound', async () => {
    const metrics = new SinkMetrics(NO_FLEET);

    for (let from = 0; from < 1500; from += 300) {
      metrics.done(itemsOf(Array.from({ length: 300 }, (_, index) => `label-${from + index}`)));
    }

    const text = await metrics.registry.metrics();
    expect(text.match(/^verge_sink_results_total\{/gm)).toHaveLength(1001);
    expect(text).toContain('label="(other)"} 500');
  });

  it('stay readable whatever a label holds', async () => {
    const metrics = new SinkMetrics(NO_FLEET);

    metrics.done(itemsOf(['a"} 1\nverge_forged_total 9', '\ud800\u0000\\', 'x'.repeat(256)]));

    const text = await metrics.registry.metrics();
    expect(text).not.toMatch(/^verge_forged/m);
    expect(text).toContain(`label="${'x'.repeat(100)}"`);
  });

  it('say how the fleet is, and keep the last they know while the database does not answer', async () => {
    let answers = true;
    const metrics = new SinkMetrics(async () => {
      if (!answers) throw new Error('away');
      return [{ fleet: 'bakeries', state: 'ready', things: 3, outboxResults: 12 }];
    });

    const first = await metrics.registry.metrics();
    answers = false;
    const second = await metrics.registry.metrics();

    for (const text of [first, second]) {
      expect(text).toContain('verge_fleet_things{fleet="bakeries",state="ready"} 3');
      expect(text).toContain('verge_fleet_outbox_results{fleet="bakeries",state="ready"} 12');
    }
  });
});
