import { openModel } from '../open-engine.ts';

/** Enough for a ninth decile, and done in a second or two. */
const TEXTS = 100;
const WARM_UP = 10;

/** Milliseconds within which nine of ten texts are answered, each alone, with one thread, by the device half's own engine. */
export async function measureLatency(folder: string, texts: readonly string[], signal: AbortSignal): Promise<number> {
  const { engines, close } = await openModel(folder, { workers: 1, threads: 1, topK: 1, ownThread: true });
  const [engine] = engines;
  if (engine === undefined) throw new Error('a model is opened with at least one engine');
  try {
    // Each text once: the engine remembers what it has answered.
    const distinct = [...new Set(texts)].slice(0, TEXTS + WARM_UP);
    const warm = Math.min(WARM_UP, Math.floor(distinct.length / 2));
    for (const text of distinct.slice(0, warm)) await engine.classify(text, { signal });
    const times: number[] = [];
    for (const text of distinct.slice(warm)) {
      const before = performance.now();
      await engine.classify(text, { signal });
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    return times[Math.ceil(times.length * 0.9) - 1] ?? 0;
  } finally {
    await close();
  }
}
