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

/** Opens a bundle here with the device half's own engine. */
export async function openModel(
  folder: string,
  options: { readonly threads: number; readonly topK: number },
): Promise<OpenedModel> {
  const bundle = await openBundle(folder);
  const engine = await createEngine({
    ...engineSettingsOf(bundle),
    workerUrl: WORKER_URL,
    threads: options.threads,
    topK: options.topK,
    cacheEntries: 4096,
    maxBatchTokens: 256,
    queueLimit: WINDOW,
  });
  return { bundle, engine };
}

/** Texts in windows, so that a batch job of any size holds few of them. */
export function* windowsOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += WINDOW) yield items.slice(start, start + WINDOW);
}
