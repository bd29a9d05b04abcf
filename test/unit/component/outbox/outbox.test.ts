import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../../../component/outbox/memory-store.ts';
import type { NewMessage } from '../../../../component/outbox/message-store.ts';
import { Outbox, type OutboxOptions } from '../../../../component/outbox/outbox.ts';
import { FakeLink, publishedJson, settled } from '../../../support/fake-link.ts';
import { answered } from '../../../support/results.ts';

const SOURCE = { place: { fleet: 'bakeries', thing: 'oven-17' }, boot: 'b1', runtimeVersion: '0.1.0' };
let link: FakeLink;
let outbox: Outbox;
let dropped: [number, number, string][];

function makeOutbox(more: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({
    source: SOURCE,
    link,
    store: new MemoryStore(1_000_000),
    messageBytes: 2048,
    flushWaitMs: 200,
    now: () => new Date(),
    onDropped: ({ messages, items, reason }) => {
      dropped.push([messages, items, reason]);
    },
    ...more,
  });
}

function idsSent(from = link): unknown[] {
  return publishedJson(from).flatMap(({ data }) =>
    (data.results as { requestId: string }[]).map((result) => result.requestId),
  );
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  link = new FakeLink();
  dropped = [];
  outbox = makeOutbox();
});
afterEach(() => {
  outbox.close();
  vi.useRealTimers();
});

describe('the outbox', () => {
  it('waits for others to share a message, and no longer than it was told', async () => {
    link.start();
    void outbox.append(answered('a'));
    vi.advanceTimersByTime(150);
    void outbox.append(answered('b'));
    vi.advanceTimersByTime(49);
    await settled();
    const early = link.published.length;

    vi.advanceTimersByTime(1);
    await settled();

    expect(early).toBe(0);
    expect(link.published).toHaveLength(1);
    expect(idsSent()).toEqual(['a', 'b']);
  });

  it('sends a full message without waiting', async () => {
    link.start();

    for (let index = 0; index < 12; index++) void outbox.append(answered(`call-${index}`));
    await settled();

    expect(link.published.length).toBeGreaterThan(0);
    for (const { payload } of link.published) expect(payload.byteLength).toBeLessThanOrEqual(2048);
  });

  it('numbers the messages of each stream from one, without a hole', async () => {
    link.automatic = true;
    link.start();

    for (let index = 0; index < 30; index++) void outbox.append(answered(`${index}`));
    await outbox.post('event', { name: 'runtime-started', at: '2026-05-04T09:21:07.125Z', message: 'Up.' });
    await outbox.drain(new AbortController().signal);

    const numbers = (stream: string): unknown[] =>
      publishedJson(link)
        .filter((_, index) => link.published[index]?.topic.endsWith(stream))
        .map(({ data }) => data.seq);
    expect(numbers('result')).toEqual(numbers('result').map((_, index) => index + 1));
    expect(numbers('event')).toEqual([1]);
  });

  it('loses nothing of results that come side by side', async () => {
    link.automatic = true;
    link.start();
    const ids = Array.from({ length: 500 }, (_, index) => `${index}`);

    for (const id of ids) void outbox.append(answered(id));
    await outbox.drain(new AbortController().signal);

    expect(idsSent().sort()).toEqual(ids.sort());
  });

  it('has no more under way at once than the link allows', async () => {
    link.start();
    for (let index = 0; index < 60; index++) void outbox.append(answered(`${index}`));
    await settled();
    const before = link.published.length;

    link.published[0]?.acknowledge();
    await settled();

    expect(before).toBe(3);
    expect(link.published).toHaveLength(4);
  });

  it('keeps everything while the link is away, and sends it in order when it is back', async () => {
    for (let index = 0; index < 30; index++) void outbox.append(answered(`${index}`));
    vi.advanceTimersByTime(200);
    await settled();
    link.automatic = true;

    link.start();
    await settled();

    expect(idsSent()).toEqual(Array.from({ length: 30 }, (_, index) => `${index}`));
    expect(publishedJson(link).every(({ data }) => data.replay === false)).toBe(true);
    expect(outbox.depth()).toEqual({ results: 0, messages: 0, bytes: 0 });
  });

  it('sends again what broke in mid-publish, flagged as a replay and with its number', async () => {
    link.start();
    void outbox.append(answered('a'));
    vi.advanceTimersByTime(200);
    await settled();
    link.become('waiting');
    await settled();
    link.automatic = true;

    link.become('connected');
    await settled();

    const [first, second] = publishedJson(link);
    expect(first?.data).toMatchObject({ seq: 1, replay: false });
    expect(second?.data).toMatchObject({ seq: 1, replay: true });
    expect(outbox.counts()).toMatchObject({ published: 1, dropped: 0 });
  });

  it('tries a refused message again after a while, and gives it up, counted, after ten refusals', async () => {
    link.start();
    void outbox.append(answered('a'));
    vi.advanceTimersByTime(200);
    for (let round = 0; round < 12; round++) {
      await settled();
      link.published.at(-1)?.refuse();
      await settled();
      vi.advanceTimersByTime(1000);
    }

    expect(link.published).toHaveLength(10);
    expect(dropped).toEqual([[1, 1, 'refused']]);
    expect(outbox.depth().messages).toBe(0);
  });

  it('drops the oldest results when it is full, counts them, and keeps events', async () => {
    outbox = makeOutbox({ store: new MemoryStore(10_000) });
    await outbox.post('event', { name: 'runtime-started', at: '2026-05-04T09:21:07.125Z', message: 'Up.' });
    for (let index = 0; index < 100; index++) void outbox.append(answered(`${index}`));
    link.automatic = true;
    link.start();
    await outbox.drain(new AbortController().signal);

    const results = publishedJson(link).flatMap(
      ({ data }) => (data.results as { requestId: string }[] | undefined) ?? [],
    );
    const lost = dropped.reduce((sum, [, items]) => sum + items, 0);
    expect(lost).toBeGreaterThan(0);
    expect(results.length + lost).toBe(100);
    expect(results.at(-1)?.requestId).toBe('99');
    expect(outbox.counts()).toMatchObject({ dropped: lost, droppedBy: { full: lost } });
    expect(publishedJson(link).some(({ data }) => data.name === 'runtime-started')).toBe(true);
  });

  it('drains within a bound, and tells how much is left', async () => {
    const abort = new AbortController();
    link.start(); // and acknowledges nothing
    void outbox.append(answered('a'));
    const drained = outbox.drain(abort.signal);
    await settled();
    abort.abort();

    const rest = await drained;

    expect(rest).toEqual({ unstored: 0, messages: 1, results: 1 });
  });

  it('waits for no link that is down when everything is stored', async () => {
    link.start();
    void outbox.append(answered('a'));
    const first = outbox.drain(new AbortController().signal);
    await settled();
    link.become('waiting');
    const rest = await first;

    const again = await outbox.drain(new AbortController().signal);

    expect([rest, again]).toEqual([
      { unstored: 0, messages: 1, results: 1 },
      { unstored: 0, messages: 1, results: 1 },
    ]);
  });

  it('lets no source be acknowledged before the message that holds its result is stored', async () => {
    const store = new SlowStore();
    outbox = makeOutbox({ store });
    const stored: string[] = [];
    for (const id of ['a', 'b']) void outbox.append(answered(id)).then(() => stored.push(id));
    await settled();
    const early = store.waiting.length;

    vi.advanceTimersByTime(200);
    await settled();
    const whileStoring = [...stored];
    store.waiting[0]?.();
    await settled();

    expect(early).toBe(0);
    expect(whileStoring).toEqual([]);
    expect(stored).toEqual(['a', 'b']);
  });

  it('stores a full message at once, and what it holds with it', async () => {
    const store = new SlowStore();
    outbox = makeOutbox({ store });
    const stored: number[] = [];
    for (let index = 0; index < 20; index++) void outbox.append(answered(`${index}`)).then(() => stored.push(index));
    await settled();

    store.waiting[0]?.();
    await settled();

    expect(store.waiting.length).toBeGreaterThan(1);
    expect(stored.length).toBeGreaterThan(3);
    expect(stored).toEqual(stored.map((_, index) => index));
    expect(stored.length).toBeLessThan(20);
  });

  it('waits for no company when it is told to hurry', async () => {
    link.start();
    void outbox.append(answered('a'));
    outbox.hurry();
    void outbox.append(answered('b'));
    await settled();

    expect(idsSent()).toEqual(['a', 'b']);
  });

  it('takes nothing after it was closed', async () => {
    outbox.close();

    const append = outbox.append(answered('a'));

    await expect(append).rejects.toMatchObject({ code: 'OUTBOX_CLOSED' });
  });
});

/** A store that keeps a message when the test says so. */
class SlowStore extends MemoryStore {
  readonly waiting: (() => void)[] = [];

  constructor() {
    super(1_000_000);
  }

  override async put(message: NewMessage): Promise<void> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    await super.put(message);
  }
}
