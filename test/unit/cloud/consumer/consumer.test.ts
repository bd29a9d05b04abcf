import { beforeEach, describe, expect, it } from 'vitest';
import { type Consumer, type ConsumerSettings, LinkConsumer } from '../../../../cloud/consumer/consumer.ts';
import type { ConsumerItem } from '../../../../cloud/consumer/item.ts';
import { eventDataExample } from '../../../../component/contract/event.ts';
import { healthDataExample } from '../../../../component/contract/health.ts';
import { answeredResultSchema } from '../../../../component/contract/result.ts';
import { FakeLink, settled } from '../../../support/fake-link.ts';
import { lastWill, messageOf, OVEN, resultMessage, TIME } from '../../../support/messages.ts';
import { MODEL } from '../../../support/results.ts';

const RESULT = 'dt/verge/bakeries/oven-17/result';
const HEALTH = 'dt/verge/bakeries/oven-17/health';
const EVENT = 'dt/verge/bakeries/oven-17/event';
let link: FakeLink;

beforeEach(() => {
  link = new FakeLink();
});

function open(more: Partial<ConsumerSettings> = {}): LinkConsumer {
  return new LinkConsumer(link, { filters: ['#'], maxTopics: 100, reportGaps: true, acknowledge: 'taken', ...more });
}

/** A message comes off the link; says later what became of it. */
function deliver(payload: Uint8Array, topic = RESULT): { fate: 'open' | 'acknowledged' | 'left' } {
  const delivered: { fate: 'open' | 'acknowledged' | 'left' } = { fate: 'open' };
  link.handlers
    .get('#')?.({ topic, payload })
    .then(
      () => {
        delivered.fate = 'acknowledged';
      },
      () => {
        delivered.fate = 'left';
      },
    );
  return delivered;
}

async function take(consumer: Consumer, count: number): Promise<ConsumerItem[]> {
  const items: ConsumerItem[] = [];
  while (items.length < count) {
    const { value, done } = await consumer.next();
    if (done) break;
    if (value.kind !== 'link') items.push(value);
  }
  return items;
}

/** What matters of an item, in a word. */
function words(items: readonly ConsumerItem[]): string[] {
  return items.map((item) => {
    if (item.kind === 'result') return item.requestId;
    if (item.kind === 'gap') return `gap ${item.fromSeq}-${item.toSeq}`;
    if (item.kind === 'filled') return `filled ${item.seq}`;
    if (item.kind === 'malformed') return item.code;
    return item.kind;
  });
}

describe('a consumer', () => {
  it('hands over each result of a message by itself, with everything that is known of it', async () => {
    const consumer = open();
    deliver(resultMessage(7, ['a', 'b']));

    const [, second] = await take(consumer, 2);

    expect(second).toMatchObject({
      kind: 'result',
      id: 'oven-17:b1:7:1',
      ...OVEN,
      boot: 'b1',
      seq: 7,
      index: 1,
      sentAt: TIME.toISOString(),
      runtimeVersion: '0.1.0',
      replay: false,
      answered: true,
      requestId: 'b',
      model: MODEL,
      label: 'alarm',
      observedAt: '2026-05-04T09:21:07.125Z',
    });
  });

  it('hands over a failed text as a result without an answer', async () => {
    const consumer = open();
    const message = JSON.parse(Buffer.from(resultMessage(1, ['a'])).toString('utf8'));
    const error = { code: 'ENGINE_QUEUE_FULL', message: 'Full.' };
    message.data.results = [{ requestId: 'a', error, observedAt: TIME.toISOString() }];
    deliver(Buffer.from(JSON.stringify(message)));

    const [item] = await take(consumer, 1);

    expect(item).toMatchObject({ kind: 'result', answered: false, requestId: 'a', error });
  });

  it('leaves out nothing that a result may carry, and adds nothing that it lacks', async () => {
    const consumer = open();
    const message = JSON.parse(Buffer.from(resultMessage(1, ['plain', 'full'])).toString('utf8'));
    const [plain, full] = message.data.results;
    Object.assign(full, {
      rejected: { bestLabel: 'timer', bestScore: 0.2 },
      labels: [{ label: 'alarm', score: 0.9 }],
      entities: [{ label: 'TIME', score: 0.8, start: 0, end: 4 }],
      trimmed: true,
      text: 'wake me',
    });
    deliver(Buffer.from(JSON.stringify(message)));

    const items = await take(consumer, 2);

    expect(Object.keys(full).sort()).toEqual(Object.keys(answeredResultSchema.shape).sort());
    for (const [index, { model, ...said }] of [plain, full].entries()) {
      const {
        kind,
        id,
        fleet,
        thing,
        boot,
        seq,
        sentAt,
        index: place,
        runtimeVersion,
        replay,
        answered,
        ...rest
      } = JSON.parse(JSON.stringify(items[index]));
      expect({ kind, id, place, answered }).toEqual({
        kind: 'result',
        id: `oven-17:b1:1:${index}`,
        place: index,
        answered: true,
      });
      expect({ fleet, thing, boot, seq, sentAt, runtimeVersion, replay }).toMatchObject({
        ...OVEN,
        boot: 'b1',
        seq: 1,
      });
      expect(rest).toEqual({ ...said, model: message.data.models[model] });
    }
  });

  it('hands over the messages of other streams whole', async () => {
    const consumer = open();
    deliver(messageOf('health', healthDataExample), HEALTH);
    deliver(messageOf('event', eventDataExample), EVENT);

    const items = await take(consumer, 2);

    expect(items).toMatchObject([
      { kind: 'health', ...OVEN, data: healthDataExample },
      { kind: 'event', ...OVEN, data: eventDataExample },
    ]);
  });

  it('drops a message that comes twice', async () => {
    const consumer = open();
    for (const seq of [1, 2, 1, 2, 3]) deliver(resultMessage(seq, [`${seq}`]));

    const items = await take(consumer, 3);

    expect(words(items)).toEqual(['1', '2', '3']);
    expect(consumer.counts).toMatchObject({ messages: 3, results: 3, duplicates: 2, gaps: 0 });
  });

  it('reports what is missing before the message that shows it, and what fills it', async () => {
    const consumer = open();
    for (const seq of [1, 5, 3, 6]) deliver(resultMessage(seq, [`${seq}`]));

    const items = await take(consumer, 6);

    expect(words(items)).toEqual(['1', 'gap 2-4', '5', 'filled 3', '3', '6']);
    expect(items[1]).toMatchObject({ ...OVEN, boot: 'b1', stream: 'result', missing: 3 });
    expect(consumer.counts).toMatchObject({ gaps: 1, missing: 2 });
  });

  it('sees no gap where others get a share of the messages, and none in health', async () => {
    const shared = open({ reportGaps: false });
    for (const seq of [1, 5, 3]) deliver(resultMessage(seq, [`${seq}`]));
    const items = await take(shared, 3);
    await shared.close();
    const consumer = open();
    for (const seq of [1, 9]) deliver(messageOf('health', { ...healthDataExample, seq }), HEALTH);

    const health = await take(consumer, 2);

    expect(words(items)).toEqual(['1', '5', '3']);
    expect(words(health)).toEqual(['health', 'health']);
  });

  it('takes a last will for no gap and no duplicate', async () => {
    const consumer = open();
    deliver(messageOf('health', { ...healthDataExample, seq: 1 }), HEALTH);
    deliver(lastWill(), HEALTH);
    deliver(messageOf('health', { ...healthDataExample, seq: 2 }), HEALTH);
    deliver(lastWill(), HEALTH);

    const items = await take(consumer, 4);

    expect(items.map((item) => item.kind === 'health' && item.data.state)).toEqual(['ready', 'lost', 'ready', 'lost']);
    expect(consumer.counts.duplicates).toBe(0);
  });

  it('hands over what it cannot read with the bytes as they came, and goes on', async () => {
    const consumer = open();
    const bytes = Uint8Array.of(0xff, 0x00, 0x1b);
    deliver(bytes);
    deliver(resultMessage(1, ['a']));

    const items = await take(consumer, 2);

    expect(items[0]).toMatchObject({ kind: 'malformed', topic: RESULT, payload: bytes, code: 'MESSAGE_NOT_UTF8' });
    expect(words(items)).toEqual(['MESSAGE_NOT_UTF8', 'a']);
    expect(consumer.counts.malformed).toBe(1);
  });

  it('acknowledges a message when the loop asks for what comes after its last item', async () => {
    const consumer = open();
    const message = deliver(resultMessage(1, ['a', 'b']));
    await take(consumer, 2);
    await settled();
    const before = message.fate;

    const next = consumer.next();
    await settled();

    expect(before).toBe('open');
    expect(message.fate).toBe('acknowledged');
    await consumer.close();
    await expect(next).resolves.toEqual({ done: true, value: undefined });
  });

  it('acknowledges by hand item by item, or all up to one', async () => {
    const consumer = open({ acknowledge: 'manual' });
    const messages = [1, 2, 4].map((seq) => deliver(resultMessage(seq, [`${seq}a`, `${seq}b`])));
    const items = await take(consumer, 7);
    items[0]?.ack();
    items[0]?.ack();
    await settled();
    const half = messages.map(({ fate }) => fate);
    items[1]?.ack();
    await settled();
    const first = messages.map(({ fate }) => fate);
    items[4]?.ackThrough();
    await settled();
    const gap = messages.map(({ fate }) => fate);
    items[6]?.ackThrough();
    await settled();
    const all = messages.map(({ fate }) => fate);

    expect(words(items)).toEqual(['1a', '1b', '2a', '2b', 'gap 3-3', '4a', '4b']);
    expect(half).toEqual(['open', 'open', 'open']);
    expect(first).toEqual(['acknowledged', 'open', 'open']);
    expect(gap).toEqual(['acknowledged', 'acknowledged', 'open']);
    expect(all).toEqual(['acknowledged', 'acknowledged', 'acknowledged']);
  });

  it('acknowledges a duplicate no earlier than the message that it repeats', async () => {
    const consumer = open({ acknowledge: 'manual' });
    deliver(resultMessage(1, ['a']));
    const [item] = await take(consumer, 1);
    const copy = deliver(resultMessage(1, ['a']));
    deliver(resultMessage(2, ['b']));
    await take(consumer, 1);
    await settled();
    const before = copy.fate;

    item?.ack();
    await settled();

    expect(before).toBe('open');
    expect(copy.fate).toBe('acknowledged');
  });

  it('leaves to the next session what is not acknowledged when it is closed, copies of it too', async () => {
    const consumer = open({ acknowledge: 'manual' });
    const messages = [1, 2, 3, 2, 4].map((seq) => deliver(resultMessage(seq, [`${seq}`])));
    const [first] = await take(consumer, 3);
    first?.ack();
    const waiting = take(consumer, 1);

    await consumer.close();
    first?.ackThrough();

    expect(messages.map(({ fate }) => fate)).toEqual(['acknowledged', 'left', 'left', 'left', 'left']);
    await waiting;
  });

  it('leaves the item at which a loop was left, unless it was acknowledged', async () => {
    const consumer = open();
    const messages = [1, 2].map((seq) => deliver(resultMessage(seq, [`${seq}`])));
    for await (const item of consumer) if (item.kind === 'result' && item.seq === 2) break;
    await settled();
    link = new FakeLink();
    const other = open();
    const acknowledged = deliver(resultMessage(1, ['a']));
    for await (const item of other) {
      item.ack();
      if (item.kind === 'result') break;
    }
    await settled();

    expect(messages.map(({ fate }) => fate)).toEqual(['acknowledged', 'left']);
    expect(acknowledged.fate).toBe('acknowledged');
    expect(link.state).toBe('closed');
  });

  it('ends by its signal at the end of the message in hand', async () => {
    const abort = new AbortController();
    const consumer = open({ signal: abort.signal });
    const messages = [1, 2].map((seq) => deliver(resultMessage(seq, [`${seq}a`, `${seq}b`])));
    const taken: ConsumerItem[] = [];
    for await (const item of consumer) {
      if (item.kind === 'link') continue;
      taken.push(item);
      abort.abort();
    }

    expect(words(taken)).toEqual(['1a', '1b']);
    expect(messages.map(({ fate }) => fate)).toEqual(['acknowledged', 'left']);
    expect(link.state).toBe('closed');
  });

  it('takes acknowledgements after its signal, and closes with the last', async () => {
    const abort = new AbortController();
    const consumer = open({ acknowledge: 'manual', signal: abort.signal });
    const message = deliver(resultMessage(1, ['a']));
    const [item] = await take(consumer, 1);
    const rest = take(consumer, 1);
    abort.abort();
    const after = await rest;
    const state = link.state;

    item?.ack();
    await consumer.close();

    expect(after).toEqual([]);
    expect(state).toBe('connected');
    expect(message.fate).toBe('acknowledged');
  });

  it('is over at once where its signal came before', async () => {
    const consumer = open({ signal: AbortSignal.abort() });

    const next = await consumer.next();

    expect(next.done).toBe(true);
    expect(link.state).toBe('closed');
  });

  it('tells when the link is lost and found, and only how it is now to a loop that was away', async () => {
    const consumer = open();
    const first = await consumer.next();
    for (const state of ['waiting', 'waiting', 'connected', 'waiting'] as const) link.become(state);

    const second = await consumer.next();
    const third = consumer.next();
    link.become('connected');

    expect(first.value).toMatchObject({ kind: 'link', state: 'connected' });
    expect(second.value).toMatchObject({ kind: 'link', state: 'waiting' });
    expect((await third).value).toMatchObject({ kind: 'link', state: 'connected' });
  });

  it('hands over batches of what is at hand, and waits for no more', async () => {
    const consumer = open({ acknowledge: 'manual' });
    const messages = [1, 2, 3].map((seq) => deliver(resultMessage(seq, [`${seq}a`, `${seq}b`])));
    const batches: string[][] = [];

    for await (const batch of consumer.batches(4)) {
      batches.push(words(batch));
      batch.at(-1)?.ackThrough();
      if (batches.length === 2) break;
    }

    expect(batches).toEqual([
      ['link', '1a', '1b', '2a'],
      ['2b', '3a', '3b'],
    ]);
    await settled();
    expect(messages.map(({ fate }) => fate)).toEqual(['acknowledged', 'acknowledged', 'acknowledged']);
    expect(link.state).toBe('closed');
  });

  it('serves several calls that wait at once, in their order', async () => {
    const consumer = open();
    await consumer.next();
    const calls = [consumer.next(), consumer.next()];
    deliver(resultMessage(1, ['a', 'b']));

    const results = await Promise.all(calls);

    expect(results.map(({ value }) => value.requestId)).toEqual(['a', 'b']);
  });
});
