import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createBlockingEngine } from '../../../../component/classify/blocking-engine.ts';
import { createEngine, type Engine, type EngineOptions } from '../../../../component/classify/engine.ts';
import { type Bundle, engineSettingsOf, openBundle } from '../../../../component/models/open-bundle.ts';
import { compileIntentsMini } from '../../../support/intents-mini-bundle.ts';
import { repositoryPath } from '../../../support/paths.ts';

const WORKER_URL = pathToFileURL(repositoryPath('dist/component/inference-worker.js'));
const ALARM = 'wake me up at seven in the morning';
const TEXTS = [ALARM, 'what is the balance of my account', 'translate good night into spanish', 'flip a coin for me'];
/** 512 tokens are the model's limit. */
const LONG = 'please '.repeat(2000);

const LANES = [
  { where: 'in a thread of its own', open: createEngine },
  { where: "on the caller's thread", open: async (options: EngineOptions) => createBlockingEngine(options) },
];

describe.each(LANES)('the engine $where, on a real bundle', ({ open }) => {
  let bundle: Bundle;
  let compiled: ReturnType<typeof compileIntentsMini>;
  beforeAll(async () => {
    compiled = compileIntentsMini();
    bundle = await openBundle(compiled.folder);
  });
  afterAll(() => compiled.remove());

  async function start(changes: Partial<EngineOptions> = {}): Promise<Engine> {
    const engine = await open({
      ...engineSettingsOf(bundle),
      workerUrl: WORKER_URL,
      threads: 1,
      topK: 2,
      cacheEntries: 0,
      maxBatchTokens: 256,
      mixTexts: true,
      queueLimit: 64,
      ...changes,
    });
    onTestFinished(() => engine.close());
    return engine;
  }

  it('answers a lone text with its label, runners-up and token count', async () => {
    const engine = await start();

    const answer = await engine.classify(ALARM);

    expect(answer.label).toBe('alarm');
    expect(bundle.manifest.labels[answer.labelIndex]).toBe('alarm');
    expect(answer.runnersUp).toHaveLength(2);
    expect(answer.tokenCount).toBe(ALARM.split(' ').length + 2);
    expect(answer).toMatchObject({ truncated: false, unknownCount: 0, cached: false });
  });

  it('gives each of many texts its own answer, in the order in which they were given', async () => {
    const engine = await start();
    const alone = [];
    for (const text of TEXTS) alone.push((await engine.classify(text)).label);

    const together = await Promise.all(TEXTS.map((text) => engine.classify(text)));

    expect(together.map((answer) => answer.label)).toEqual(alone);
    expect(new Set(alone).size).toBe(TEXTS.length);
  });

  it('gives a text the same scores alone and among others where texts are not mixed (R5)', async () => {
    const engine = await start({ mixTexts: false });
    const alone = await engine.classify(ALARM);

    const [among] = await Promise.all([ALARM, LONG, ...TEXTS].map((text) => engine.classify(text)));

    expect(among?.score).toBe(alone.score);
    expect(among?.runnersUp).toEqual(alone.runnersUp);
  });

  it('gives a text nearly the same score among others where texts are mixed (R5)', async () => {
    const engine = await start();
    const alone = await engine.classify(ALARM);

    const [among] = await Promise.all(TEXTS.map((text) => engine.classify(text)));

    expect(among?.label).toBe(alone.label);
    expect(Math.abs((among?.score ?? 0) - alone.score)).toBeLessThan(0.02);
  });

  it('answers alike with two threads and with one', async () => {
    const one = await start();
    const two = await start({ threads: 2 });

    const answers = await Promise.all([one.classify(LONG), two.classify(LONG)]);

    expect(answers[1]?.label).toBe(answers[0]?.label);
    expect(answers[1]?.score).toBeCloseTo(answers[0]?.score ?? 0, 5);
  });

  it('says where a text was cut to the length that the model takes', async () => {
    const engine = await start({ maxLength: 32 });

    const answer = await engine.classify(LONG);

    expect(answer).toMatchObject({ truncated: true, tokenCount: 32 });
  });

  it('answers an exact duplicate from the cache, and nothing where the cache is off', async () => {
    const caching = await start({ cacheEntries: 8 });
    const plain = await start();
    const first = await caching.classify(ALARM);
    await plain.classify(ALARM);

    const again = await caching.classify(ALARM.toUpperCase());
    const uncached = await plain.classify(ALARM);

    expect(again).toMatchObject({ label: first.label, score: first.score, cached: true, inferenceMs: 0 });
    expect(uncached.cached).toBe(false);
    expect(caching.stats()).toMatchObject({ answered: 2, cacheHits: 1 });
  });

  it('refuses one text more than the queue holds, with a typed error, and answers the others', async () => {
    const engine = await start({ queueLimit: 2 });

    const [first, second, third] = await Promise.allSettled(TEXTS.slice(0, 3).map((text) => engine.classify(text)));

    expect([first?.status, second?.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'ENGINE_QUEUE_FULL', fault: 'user' } });
    expect(engine.stats()).toMatchObject({ pending: 0, answered: 2, refused: 1 });
  });

  it('takes texts again once the queue has room', async () => {
    const engine = await start({ queueLimit: 1 });
    await engine.classify(ALARM);

    const answer = await engine.classify(ALARM);

    expect(answer.label).toBe('alarm');
  });

  it('refuses a text of more than sixteen million characters before it costs anything', async () => {
    const engine = await start();

    const refused = engine.classify('a'.repeat(16 * 1024 * 1024 + 1));

    await expect(refused).rejects.toMatchObject({ code: 'ENGINE_TEXT_TOO_LONG' });
  });

  it("rejects with the signal's reason when a text is aborted, and makes room for another", async () => {
    const engine = await start({ queueLimit: 1 });
    const abort = new AbortController();
    const waiting = engine.classify(ALARM, { signal: abort.signal });

    abort.abort(new Error('changed my mind'));

    await expect(waiting).rejects.toThrow('changed my mind');
    await expect(engine.classify(ALARM)).resolves.toMatchObject({ label: 'alarm' });
  });

  it('lets timers run while texts come one after another without a pause', async () => {
    const engine = await start();
    let rang = false;
    const timer = setTimeout(() => {
      rang = true;
    }, 1);
    onTestFinished(() => clearTimeout(timer));

    for (let count = 0; count < 2000 && !rang; count++) await engine.classify(ALARM);

    expect(rang).toBe(true);
  });

  it('never starts on a text whose signal is aborted already', async () => {
    const engine = await start();

    const refused = engine.classify(ALARM, { signal: AbortSignal.abort(new Error('too late')) });

    await expect(refused).rejects.toThrow('too late');
    expect(engine.stats().pending).toBe(0);
  });

  it('answers what was accepted before it closes, and refuses what comes later', async () => {
    const engine = await start();
    const accepted = TEXTS.map((text) => engine.classify(text));

    const closed = engine.close();
    const late = engine.classify(ALARM);

    await expect(late).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await expect(Promise.all(accepted)).resolves.toHaveLength(TEXTS.length);
    await closed;
    await expect(engine.close()).resolves.toBeUndefined();
  });

  it('answers a text below the rejection threshold with the reject label and keeps its best guess', async () => {
    const { rules } = engineSettingsOf(bundle);
    const engine = await start({ rules: { ...rules, rejection: { label: 'oos', threshold: 1.1 } } });

    const answer = await engine.classify(ALARM);

    expect(answer).toMatchObject({ label: 'oos', rejected: { bestLabel: 'alarm' } });
    expect(answer.runnersUp[0]?.label).toBe('alarm');
  });

  it('says which model cannot be loaded', async () => {
    const modelPath = `${bundle.folder}/absent.onnx`;

    const started = start({ modelPath });

    await expect(started).rejects.toMatchObject({ code: 'ENGINE_LOAD_FAILED', fault: 'verge' });
    await expect(started).rejects.toThrow(modelPath);
  });
});
