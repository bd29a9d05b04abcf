import { createEngine, type Engine } from '../../component/classify/engine.ts';
import { type Bundle, engineSettingsOf, openBundle } from '../../component/models/open-bundle.ts';

/** The built worker stands beside the built command line. */
const WORKER_URL = new URL('../component/inference-worker.js', import.meta.url);
/** A batch job hands over this many texts at a time, which sort into batches of one length. */
const WINDOW = 1024;

export interface OpenedModel {
  readonly bundle: Bundle;
  readonly engine: Engine;
}

/**
 * Opens a bundle here with the device half's own engine: on a thread of its own, as on a device, or on this one, where a
 * batch job has nothing else to do meanwhile.
 */
export async function openModel(
  folder: string,
  options: { readonly threads: number; readonly topK: number; readonly ownThread: boolean },
): Promise<OpenedModel> {
  const bundle = await openBundle(folder);
  const settings = {
    ...engineSettingsOf(bundle),
    threads: options.threads,
    topK: options.topK,
    cacheEntries: 4096,
    maxBatchTokens: 256,
    queueLimit: WINDOW,
  };
  if (options.ownThread) return { bundle, engine: await createEngine({ ...settings, workerUrl: WORKER_URL }) };
  const { createBlockingEngine } = await import('../../component/classify/blocking-engine.ts'); // loads ONNX Runtime
  return { bundle, engine: createBlockingEngine(settings) };
}

/** Texts in windows, so that a batch job of any size holds few of them. */
export function* windowsOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += WINDOW) yield items.slice(start, start + WINDOW);
}
