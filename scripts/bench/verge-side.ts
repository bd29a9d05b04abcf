import { readFileSync } from 'node:fs';
import type { Engine, EngineOptions } from '../../component/classify/engine.ts';
import { engineSettingsOf, openBundle } from '../../component/models/open-bundle.ts';
import type { SideOptions } from './protocol.ts';
import { type Side, serveSide } from './serve-side.ts';

// Each place loads what it needs and no more: on a device ONNX Runtime is in the thread that runs it, and in no other.
// Our side: a bundle through the engine that the device (a thread of its own) and `verge classify` (its caller's thread)
// use, duplicate cache off.

const WORKER_URL = new URL('../../component/inference-worker.js', import.meta.url);
/** Texts handed over at once, as `verge classify` does. */
const WINDOW = 1024;
const MAX_BATCH_TOKENS = 256;

await serveSide((options) => (options.networkOnly ? openNetwork(options) : openVerge(options)));

async function openVerge({ model, threads = 1, ownThread = false }: SideOptions): Promise<Side> {
  const options = {
    ...engineSettingsOf(await openBundle(model)),
    workerUrl: WORKER_URL,
    threads,
    topK: 2,
    cacheEntries: 0,
    maxBatchTokens: MAX_BATCH_TOKENS,
    mixTexts: true,
    queueLimit: WINDOW,
  };
  const engine = ownThread ? await ownEngine(options) : await callersEngine(options);
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

async function ownEngine(options: EngineOptions): Promise<Engine> {
  const { createEngine } = await import('../../component/classify/engine.ts');
  return createEngine(options);
}

async function callersEngine(options: EngineOptions): Promise<Engine> {
  const { createBlockingEngine } = await import('../../component/classify/blocking-engine.ts');
  return createBlockingEngine(options);
}

/** The session by itself: tokenised, sorted and cut into the engine's batches beforehand. */
async function openNetwork({ model, texts: file, threads = 1 }: SideOptions): Promise<Side> {
  const { createTokenizer } = await import('../../component/text/create-tokenizer.ts');
  const { openSession } = await import('../../component/classify/session.ts');
  const { planBatches } = await import('../../component/classify/batch-plan.ts');
  const batchesOf = (encoded: readonly Int32Array[]): Int32Array[][] => {
    const batches: Int32Array[][] = [];
    for (let start = 0; start < encoded.length; start += WINDOW) {
      const window = encoded.slice(start, start + WINDOW);
      const lengths = window.map(({ length }) => length);
      for (const batch of planBatches(lengths, MAX_BATCH_TOKENS)) {
        batches.push(batch.flatMap((index) => window[index] ?? []));
      }
    }
    return batches;
  };
  const { modelPath, tokenizerPath, maxLength, padTokenId } = engineSettingsOf(await openBundle(model));
  const tokenizer = createTokenizer(readFileSync(tokenizerPath));
  const session = openSession(modelPath, { threads, padTokenId });
  const texts = JSON.parse(readFileSync(file, 'utf8')) as string[]; // checked by the parent
  const idsOf = new Map(texts.map((text) => [text, tokenizer.encode(text, maxLength).ids]));
  const ids = (text: string): Int32Array => idsOf.get(text) ?? new Int32Array();
  const plans = new Map<number, Int32Array[][]>();
  return {
    one: async (text) => {
      session.run([ids(text)]);
      return '';
    },
    many: async (some) => {
      const batches = plans.get(some.length) ?? batchesOf(some.map(ids));
      plans.set(some.length, batches); // the parent asks for the same texts each time
      for (const batch of batches) session.run(batch);
      return some.map(() => '');
    },
    close: async () => session.close(),
  };
}
