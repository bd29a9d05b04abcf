import { onTestFinished } from 'vitest';
import { parseHttpRoutes } from '../../component/contract/http-routes.ts';
import { HttpSource, type HttpSourceOptions } from '../../component/sources/http/http-source.ts';
import type { ModelFacts } from '../../component/sources/http/service.ts';
import { type BenchDesk, benchDesk } from './bench-desk.ts';
import { MODEL } from './results.ts';

export interface HttpBench extends BenchDesk {
  readonly url: string;
  readonly port: number;
  readonly source: HttpSource;
  readonly failures: string[];
}

/** A model of texts with three labels. */
export const facts: ModelFacts = {
  name: MODEL.name,
  task: 'text-classification',
  problemType: 'single_label_classification',
  labels: ['alarm', 'timer', 'oos'],
  rejectLabel: undefined,
};

/** The HTTP source on a free port, before the real desk and a model that the test plays. */
export async function httpBench(
  desk: BenchDesk = benchDesk(),
  model: Partial<ModelFacts> = {},
  more: Partial<Omit<HttpSourceOptions, 'routes'>> & { readonly routes?: string } = {},
): Promise<HttpBench> {
  const failures: string[] = [];
  const source = new HttpSource({
    host: '127.0.0.1',
    port: 0,
    socketPath: undefined,
    token: undefined,
    maxBodyBytes: 100_000,
    timeoutMs: 30_000,
    desk: desk.desk,
    facts: (name) => (name === MODEL.name ? { ...facts, ...model } : undefined),
    now: () => new Date(),
    onFailed: ({ message }) => failures.push(message),
    ...more,
    routes: parseHttpRoutes(more.routes ?? ''),
  });
  const [url = ''] = await source.start();
  onTestFinished(() => source.close());
  return { ...desk, url, port: Number(new URL(url).port), source, failures };
}
