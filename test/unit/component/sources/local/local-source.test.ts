import { describe, expect, it } from 'vitest';
import { type LocalReply, localReplySchema, localRequestExample } from '../../../../../component/contract/local.ts';
import { LOCAL_REQUEST_TOPIC } from '../../../../../component/contract/topics.ts';
import type { LocalMessage } from '../../../../../component/link/local-bus.ts';
import { LocalSource } from '../../../../../component/sources/local/local-source.ts';
import { type BenchDesk, benchDesk, classification } from '../../../../support/bench-desk.ts';
import { MemoryBus } from '../../../../support/memory-bus.ts';

const REPLY = localRequestExample.replyTo;

interface Bench {
  readonly bus: MemoryBus;
  readonly source: LocalSource;
  readonly refused: string[];
  readonly lost: unknown[];
}

async function bench({ desk }: BenchDesk): Promise<Bench> {
  await Promise.resolve(); // the desk has seen that models serve
  const bus = new MemoryBus();
  const refused: string[] = [];
  const lost: unknown[] = [];
  const source = new LocalSource({
    bus,
    desk,
    now: () => new Date(),
    maxReplyBytes: 5000,
    runnersUp: 2,
    onRefused: ({ code }) => refused.push(code),
    onReplyLost: (error) => lost.push(error),
  });
  source.start();
  return { bus, source, refused, lost };
}

function json(message: LocalMessage | undefined): LocalReply {
  const { payload } = message ?? { payload: { kind: 'json', value: undefined } as const };
  return localReplySchema.parse(
    payload.kind === 'json' ? payload.value : JSON.parse(Buffer.from(payload.bytes).toString('utf8')),
  );
}

describe('asking on the local topic', () => {
  it('is answered on the topic that the request names, after the result is with the outbox', async () => {
    const desk = benchDesk();
    const { bus } = await bench(desk);
    const reply = bus.next(REPLY);

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: localRequestExample });
    const [message] = await reply;

    expect(message?.payload.kind).toBe('json');
    expect(json(message)).toMatchObject({ id: 'ask-1', results: [{ requestId: 'ask-1', label: 'alarm', model: 0 }] });
    expect(desk.delivered).toMatchObject([{ requestId: 'ask-1', label: 'alarm' }]);
  });

  it('is answered in bytes where it came in bytes, with each text under its own id', async () => {
    const { bus } = await bench(benchDesk());
    const reply = bus.next(REPLY);
    const request = { ...localRequestExample, texts: ['one', { id: 'b', text: 'two' }] };

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'binary', bytes: Buffer.from(JSON.stringify(request)) });
    const [message] = await reply;

    expect(message?.payload.kind).toBe('binary');
    expect(json(message).results.map(({ requestId }) => requestId)).toEqual(['ask-1/0', 'b']);
  });

  it('gives a long reply in parts that fit, in the order of the texts', async () => {
    const { bus } = await bench(benchDesk());
    const texts = Array.from({ length: 100 }, (_, index) => ({ id: `t${index}`, text: 'x' }));
    const parts: LocalMessage[] = [];
    const all = new Promise<void>((resolve) => {
      bus.subscribe(REPLY, async (message) => {
        parts.push(message);
        if (parts.length === json(message).parts) resolve();
      });
    });

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: { ...localRequestExample, texts } });
    await all;

    expect(parts.length).toBeGreaterThan(2);
    expect(parts.flatMap((part) => json(part).results.map(({ requestId }) => requestId))).toEqual(
      texts.map(({ id }) => id),
    );
    for (const part of parts) expect(Buffer.byteLength(JSON.stringify(json(part)))).toBeLessThanOrEqual(5000);
    expect(parts.map((part) => json(part).part)).toEqual(parts.map((_, index) => index + 1));
  });

  it('says of an answer that fits into no message that it does not', async () => {
    const labels = Array.from({ length: 500 }, (_, index) => ({ label: `label-${index}`, score: 0.9 }));
    const { bus } = await bench(benchDesk(async () => classification('alarm', { labels })));
    const reply = bus.next(REPLY);

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: localRequestExample });

    expect(json((await reply)[0]).results).toMatchObject([{ error: { code: 'SOURCE_REPLY_TOO_LARGE' } }]);
  });

  it('is refused at once where there is no room, and nothing of it is reported', async () => {
    const desk = benchDesk(undefined, {}, 2);
    const { bus } = await bench(desk);
    const reply = bus.next(REPLY);

    await bus.publish(LOCAL_REQUEST_TOPIC, {
      kind: 'json',
      value: { ...localRequestExample, texts: ['a', 'b', 'c'] },
    });

    expect(json((await reply)[0])).toMatchObject({ id: 'ask-1', results: [], error: { code: 'ENGINE_QUEUE_FULL' } });
    expect(desk.delivered).toEqual([]);
    expect(desk.admission.held).toBe(0);
    expect(desk.observations.counts().refused).toBe(1);
  });

  it('is refused with a reply while models load', async () => {
    const { bus } = await bench(benchDesk(undefined, { ready: new Promise(() => undefined) }));
    const reply = bus.next(REPLY);

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: localRequestExample });

    expect(json((await reply)[0]).error?.code).toBe('SOURCE_NOT_READY');
  });

  it('tells its asker of one model that is not there', async () => {
    const { bus } = await bench(benchDesk());
    const reply = bus.next(REPLY);

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: { ...localRequestExample, model: 'spam' } });

    expect(json((await reply)[0]).results).toMatchObject([{ error: { code: 'SOURCE_MODEL_UNKNOWN' } }]);
  });

  it('leaves results to the asker alone where replies are not reported', async () => {
    const desk = benchDesk(undefined, { reportReplies: false });
    const { bus } = await bench(desk);
    const reply = bus.next(REPLY);

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: localRequestExample });

    expect(json((await reply)[0]).results).toHaveLength(1);
    expect(desk.delivered).toEqual([]);
  });

  it.each([
    ['texts are missing', { id: 'x', replyTo: REPLY }, 'MESSAGE_INVALID'],
    ['the version is of tomorrow', { ...localRequestExample, schemaVersion: 2 }, 'MESSAGE_VERSION_UNKNOWN'],
  ])('is told where %s', async (_what, value, code) => {
    const { bus } = await bench(benchDesk());
    const reply = bus.next(REPLY);

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value });

    expect(json((await reply)[0]).error?.code).toBe(code);
  });

  it.each([
    'verge/classify/reply',
    'verge/classify/reply/',
    'verge/classify/reply/#',
    'verge/classify/reply/+/x',
    'verge/classify/request',
    'cmd/verge/a/b/classify',
    'verge/classify/reply/a/b/c/d',
    'verge/classify/reply/a//b',
    '$aws/things/x',
    `verge/classify/reply/${'x'.repeat(300)}`,
  ])('is never answered on %s', async (replyTo) => {
    const desk = benchDesk();
    const { bus, refused } = await bench(desk);

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: { ...localRequestExample, replyTo } });

    expect(refused).toEqual(['MESSAGE_INVALID']);
    expect(desk.asked).toEqual([]);
  });

  it('is told of as an event where it is no JSON at all', async () => {
    const { bus, refused } = await bench(benchDesk());

    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'binary', bytes: Buffer.from([0xff, 0x00]) });
    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: null });

    expect(refused).toEqual(['MESSAGE_NOT_UTF8', 'MESSAGE_INVALID']);
  });

  it('keeps its results where the reply cannot be sent', async () => {
    const desk = benchDesk();
    const { bus, lost } = await bench(desk);
    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: localRequestExample });
    bus.away = true;
    await desk.until((delivered) => delivered.length === 1);
    await new Promise((resolve) => setImmediate(resolve));

    expect(lost).toHaveLength(1);
  });

  it('ends with the source', async () => {
    const desk = benchDesk();
    const { bus, source } = await bench(desk);

    source.stop();
    await bus.publish(LOCAL_REQUEST_TOPIC, { kind: 'json', value: localRequestExample });

    expect(desk.asked).toEqual([]);
  });
});
