import { availableParallelism } from 'node:os';
import { createEngine, type Engine } from '../../component/classify/engine.ts';
import { type Bundle, engineSettingsOf, openBundle } from '../../component/models/open-bundle.ts';
import { integerOption } from './options.ts';

/** The built worker stands beside the built command line. */
const WORKER_URL = new URL('../component/inference-worker.js', import.meta.url);
/** Whoever hands over texts waits for answers before there are so many. */
const QUEUE_LIMIT = 1024 * 1024;

export interface OpenedModel {
  readonly bundle: Bundle;
  /** As many as were asked for; at least one. */
  readonly engines: readonly Engine[];
  close(): Promise<void>;
}

export interface OpenModelOptions {
  /** Engines that answer at once, each with a copy of the model. */
  readonly workers: number;
  /** Of each engine. */
  readonly threads: number;
  readonly topK: number;
  /** A lone engine has a thread of its own as on a device, or answers on this one. Several always have. */
  readonly ownThread: boolean;
}

/** Opens a bundle here with the device half's own engine. */
export async function openModel(folder: string, options: OpenModelOptions): Promise<OpenedModel> {
  const { workers, threads, topK, ownThread } = options;
  const bundle = await openBundle(folder);
  const settings = {
    ...engineSettingsOf(bundle),
    ...{ threads, topK },
    cacheEntries: 4096,
    maxBatchTokens: 256,
    queueLimit: QUEUE_LIMIT,
  };
  if (workers === 1 && !ownThread) {
    const { createBlockingEngine } = await import('../../component/classify/blocking-engine.ts'); // loads ONNX Runtime
    const engine = createBlockingEngine(settings);
    return { bundle, engines: [engine], close: () => engine.close() };
  }
  const opening = Array.from({ length: workers }, () => createEngine({ ...settings, workerUrl: WORKER_URL }));
  const opened = await Promise.allSettled(opening);
  const engines = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => void (await Promise.all(engines.map((engine) => engine.close())));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed) {
    await close();
    throw failed.reason;
  }
  return { bundle, engines, close };
}

/** One engine a core, of two threads half as many: several small sessions are faster than one with many threads (fact R3). */
export function workersOption(value: unknown, threads: number): number {
  return (
    integerOption(value, '--workers', 1, 64) ?? Math.min(64, Math.max(1, Math.floor(availableParallelism() / threads)))
  );
}
