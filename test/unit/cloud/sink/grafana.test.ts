import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SinkMetrics } from '../../../../cloud/sink/metrics/sink-metrics.ts';
import { repositoryPath } from '../../../support/paths.ts';

it("the Grafana dashboard asks for numbers that the sink has, and for every one of the sink's own", async () => {
  const dashboard = readFileSync(repositoryPath('docs/grafana/verge-sink.json'), 'utf8');
  const { registry } = new SinkMetrics(async () => []);

  const asked = new Set(
    [...dashboard.matchAll(/\b(?:verge|process)_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, '')),
  );

  const known = registry.getMetricsAsArray().map(({ name }) => name);
  expect([...asked].filter((name) => !known.includes(name))).toEqual([]);
  const unasked = known.filter((name) => name.startsWith('verge_') && !asked.has(name));
  expect(unasked).toEqual(['verge_sink_known_rows_total']);
});
