import { createBlockingEngine } from '../../component/classify/blocking-engine.ts';
import { createEngine } from '../../component/classify/engine.ts';
import { engineSettingsOf, openBundle } from '../../component/models/open-bundle.ts';
import type { SideOptions } from './protocol.ts';
import { type Side, serveSide } from './serve-side.ts';

// Our side: a bundle through the engine that the device (a thread of its own) and `verge classify` (its caller's thread)
// use, duplicate cache off.

const WORKER_URL = new URL('../../component/inference-worker.js', import.meta.url);
/** Texts handed over at once, as `verge classify` does. */
const WINDOW = 1024;

await serveSide(openVerge);

async function openVerge({ model, threads = 1, ownThread = false }: SideOptions): Promise<Side> {
  const options = {
    ...engineSettingsOf(await openBundle(model)),
    workerUrl: WORKER_URL,
    threads,
    topK: 2,
    cacheEntries: 0,
    maxBatchTokens: 256,
    mixTexts: true,
    queueLimit: WINDOW,
  };
  const engine = ownThread ? await createEngine(options) : createBlockingEngine(options);
  return {
    one: async (text) => (await engine.classify(text)).label,
    many: async (texts) => {
      const labels: string[] = [];
      for (let start = 0; start < texts.length; start += WINDOW) {
        const window = texts.slice(start, start + WINDOW);
        const answers = await Promise.all(window.map((text) => engine.classify(text)));
        for (const { label } of answers) labels.push(label);
      }
      return labels;
    },
    close: () => engine.close(),
  };
}
