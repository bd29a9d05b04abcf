import { describe, expect, it } from 'vitest';
import type { Classification } from '../../../../component/classify/classification.ts';
import { engineErrors } from '../../../../component/classify/errors.ts';
import { Observations } from '../../../../component/monitor/observations.ts';
import { outboxErrors } from '../../../../component/outbox/errors.ts';
import type { PendingResult } from '../../../../component/outbox/pending-result.ts';
import { Admission } from '../../../../component/sources/admission.ts';
import { sourceErrors } from '../../../../component/sources/errors.ts';
import { TextDesk, type TextDeskOptions } from '../../../../component/sources/text-desk.ts';

const reference = { name: 'intents', version: '1.0.0', digest: 'ab'.repeat(32) };
const observedAt = new Date('2026-05-04T09:21:07.125Z');
const answer: Classification = {
  label: 'alarm',
  labelIndex: 2,
  score: 0.973_456,
  runnersUp: [{ label: 'timer', score: 0.012_34 }],
  tokenCount: 6,
  truncated: false,
  unknownCount: 0,
  queueMs: 0.123_4,
  inferenceMs: 0.987_6,
  cached: true,
};

interface Bench {
  readonly desk: TextDesk;
  readonly delivered: PendingResult[];
  readonly lost: string[];
  readonly observations: Observations;
}

function bench(classify: (text: string) => Promise<Classification>, more: Partial<TextDeskOptions> = {}): Bench {
  const delivered: PendingResult[] = [];
  const lost: string[] = [];
  const observations = new Observations();
  const stats = { pending: 0, answered: 0, failed: 0, refused: 0, cacheHits: 0 };
  const classifier = { classify, stats: () => stats, close: () => Promise.resolve() };
  const desk = new TextDesk({
    ready: Promise.resolve(),
    model: (name) => (name === undefined || name === 'intents' ? { reference, classifier } : undefined),
    modelNames: () => ['intents'],
    admission: new Admission(10),
    deliver: async (result) => {
      delivered.push(result);
    },
    includeText: false,
    runnersUp: 2,
    reportReplies: true,
    observe: observations,
    onEngineLost: async ({ reference: { version } }) => {
      lost.push(version);
    },
    onAnswered: () => undefined,
    ...more,
  });
  return { desk, delivered, lost, observations };
}

async function ask(desk: TextDesk, model?: string): Promise<void> {
  const request = await desk.open(model);
  try {
    const { ended } = await request.take({ id: 'a', text: 'wake me at seven' }, observedAt);
    await ended;
  } finally {
    request.close();
  }
}

describe('the desk that all sources bring texts to', () => {
  it('delivers the answer with its model, rounded to what means something, without the text', async () => {
    const { desk, delivered, observations } = bench(async () => answer);

    await ask(desk);

    expect(delivered).toEqual([
      {
        requestId: 'a',
        model: reference,
        label: 'alarm',
        score: 0.9735,
        runnersUp: [{ label: 'timer', score: 0.0123 }],
        latencyMs: { queue: 0.12, inference: 0.99 },
        tokenCount: 6,
        truncated: false,
        cached: true,
        observedAt: observedAt.toISOString(),
      },
    ]);
    expect(observations.counts()).toEqual({ answered: 1, failed: 0, refused: 0, cacheHits: 1, truncated: 0 });
  });

  it('answers a text that the engine refuses or fails on with a result that says so', async () => {
    const refusing = bench(() => Promise.reject(engineErrors.make('ENGINE_TEXT_TOO_LONG', 'too long')));
    const failing = bench(() => Promise.reject(engineErrors.make('ENGINE_RUN_FAILED', 'a bug')));

    await ask(refusing.desk);
    await ask(failing.desk);

    expect(refusing.delivered).toMatchObject([{ requestId: 'a', error: { code: 'ENGINE_TEXT_TOO_LONG' } }]);
    expect(refusing.observations.counts().refused).toBe(1);
    expect(failing.delivered).toMatchObject([{ requestId: 'a', error: { code: 'ENGINE_RUN_FAILED' } }]);
    expect(failing.observations.counts().failed).toBe(1);
  });

  it('names the models there are to a request for another', async () => {
    const { desk, delivered } = bench(async () => answer);

    await ask(desk, 'spam');

    expect(delivered).toMatchObject([
      { error: { code: 'SOURCE_MODEL_UNKNOWN', message: expect.stringMatching(/spam.*intents/) } },
    ]);
  });

  it('leaves a request unanswered, so that it comes again, when the engine closes', async () => {
    const error = engineErrors.make('ENGINE_CLOSED', 'closing');
    const { desk, delivered } = bench(() => Promise.reject(error));

    await expect(ask(desk)).rejects.toBe(error);

    expect(delivered).toEqual([]);
  });

  it('asks once more when a worker broke and is there again', async () => {
    const answers = [Promise.reject(engineErrors.make('ENGINE_WORKER_FAILED', 'gone')), Promise.resolve(answer)];
    const { desk, delivered, lost } = bench(() => answers.shift() ?? Promise.resolve(answer));

    await ask(desk);

    expect(delivered).toMatchObject([{ requestId: 'a', label: 'alarm' }]);
    expect(lost).toEqual(['1.0.0']);
  });

  it('answers a text that breaks the worker twice with a failure, and has the worker replaced again', async () => {
    const { desk, delivered, lost, observations } = bench(() =>
      Promise.reject(engineErrors.make('ENGINE_WORKER_FAILED', 'gone')),
    );

    await ask(desk);

    expect(delivered).toMatchObject([{ requestId: 'a', error: { code: 'ENGINE_WORKER_FAILED' } }]);
    expect(lost).toHaveLength(2);
    expect(observations.counts().failed).toBe(1);
  });

  it('leaves a request unanswered when the outbox is closed', async () => {
    const closed = outboxErrors.make('OUTBOX_CLOSED', 'closed');
    const { desk } = bench(async () => answer, { deliver: () => Promise.reject(closed) });

    await expect(ask(desk)).rejects.toBe(closed);
  });

  it('finishes what was begun before it closes, and begins nothing more', async () => {
    let finish: (answer: Classification) => void = () => undefined;
    const { desk, delivered } = bench(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const asked = ask(desk);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));

    const closed = desk.close(new AbortController().signal).then(() => delivered.length);
    finish(answer);
    await asked;

    expect(await closed).toBe(1);
    await expect(desk.open(undefined)).rejects.toMatchObject({ code: 'SOURCE_STOPPING' });
  });

  it('stops waiting for what was begun when it is time', async () => {
    const { desk } = bench(() => new Promise(() => undefined));
    void ask(desk);
    await new Promise((resolve) => setImmediate(resolve));
    const deadline = new AbortController();

    const closed = desk.close(deadline.signal);
    deadline.abort();

    await closed;
  });

  it('tells the sender of a text that cannot be taken', async () => {
    const { desk, delivered, observations } = bench(async () => answer);
    const request = await desk.open(undefined);

    await request.refuse('a', observedAt, sourceErrors.make('SOURCE_TEXT_INVALID', 'no text'));
    request.close();

    expect(delivered).toMatchObject([{ requestId: 'a', error: { code: 'SOURCE_TEXT_INVALID' } }]);
    expect(observations.counts().refused).toBe(1);
  });

  it('answers whoever asks, after the results are delivered', async () => {
    const { desk, delivered } = bench(async () => answer);
    await Promise.resolve();

    const outcomes = await desk.ask(
      undefined,
      [
        { id: 'a', text: 'one' },
        { id: 'b', text: 'two' },
      ],
      observedAt,
    );

    expect(outcomes).toEqual([
      { ok: true, model: reference, answer },
      { ok: true, model: reference, answer },
    ]);
    expect(delivered.map(({ requestId }) => requestId)).toEqual(['a', 'b']);
  });

  it('gives a result fewer runners-up than whoever asks', async () => {
    const { desk, delivered } = bench(async () => answer, { runnersUp: 0 });
    await Promise.resolve();

    const [outcome] = await desk.ask(undefined, [{ id: 'a', text: 'one' }], observedAt);

    expect(outcome).toMatchObject({ answer: { runnersUp: [{ label: 'timer' }] } });
    expect(delivered).toMatchObject([{ runnersUp: [] }]);
  });

  it('takes all texts of whoever asks or none, and delivers nothing for none', async () => {
    const { desk, delivered, observations } = bench(async () => answer, { admission: new Admission(1) });
    await Promise.resolve();

    const asked = desk.ask(
      undefined,
      [
        { id: 'a', text: 'one' },
        { id: 'b', text: 'two' },
      ],
      observedAt,
    );

    await expect(asked).rejects.toMatchObject({ code: 'ENGINE_QUEUE_FULL' });
    expect(delivered).toEqual([]);
    expect(observations.counts().refused).toBe(1);
  });

  it('tells whoever asks at once that models load, or that the runtime stops', async () => {
    const loading = bench(async () => answer, { ready: new Promise(() => undefined) });
    const stopping = bench(async () => answer);
    await stopping.desk.close(new AbortController().signal);

    const early = loading.desk.ask(undefined, [{ id: 'a', text: 'one' }], observedAt);
    const late = stopping.desk.ask(undefined, [{ id: 'a', text: 'one' }], observedAt);

    await expect(early).rejects.toMatchObject({ code: 'SOURCE_NOT_READY' });
    await expect(late).rejects.toMatchObject({ code: 'SOURCE_STOPPING' });
  });

  it('finishes what was asked before it closes', async () => {
    let finish: (answer: Classification) => void = () => undefined;
    const { desk, delivered } = bench(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    await Promise.resolve();
    const asked = desk.ask(undefined, [{ id: 'a', text: 'one' }], observedAt);

    const closed = desk.close(new AbortController().signal).then(() => delivered.length);
    finish(answer);
    await asked;

    expect(await closed).toBe(1);
  });
});
