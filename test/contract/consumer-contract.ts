import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { consume } from '../../cloud/consumer/consume.ts';
import type { Consumer } from '../../cloud/consumer/consumer.ts';
import type { ConsumerItem } from '../../cloud/consumer/item.ts';
import type { ConsumeOptions } from '../../cloud/consumer/options.ts';
import { startDevice } from '../support/device.ts';
import { lastWill, OVEN } from '../support/messages.ts';

/** A broker under the test's control. */
export interface ConsumerWorld {
  readonly url: string;
  /** Whether what was queued for a client comes before what arrives at the moment of its return. */
  readonly keepsOrder: boolean;
  /** Goes away, and comes back with its sessions. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

/** Ids in order: 0, 1, 2, … */
export function idsFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${first + index}`);
}

/** A consumer that ends with its test. */
export function open(options: ConsumeOptions): Consumer {
  const consumer = consume(options);
  onTestFinished(() => consumer.close());
  return consumer;
}

/** The request ids of the next results, with whatever `each` does at an item. */
export async function takeResults(
  consumer: Consumer,
  count: number,
  each: (item: ConsumerItem) => unknown = () => undefined,
): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const { value, done } = await consumer.next();
    if (done) break;
    if (value.kind === 'result') ids.push(value.requestId);
    await each(value);
  }
  return ids;
}

/** What the consumer promises of any broker. */
export function consumerContract(name: string, makeWorld: () => Promise<ConsumerWorld>): void {
  async function startWorld(): Promise<ConsumerWorld> {
    const world = await makeWorld();
    onTestFinished(() => world.close());
    return world;
  }
  const someName = (): string => `consumer-${randomBytes(6).toString('hex')}`;

  describe(`a consumer of ${name}`, () => {
    it('gets every result once and in order', async () => {
      const { url } = await startWorld();
      const consumer = open({ broker: url });
      await consumer.ready;
      const device = await startDevice(url, OVEN);
      const ids = idsFrom(0, 500);

      const taken = takeResults(consumer, 500);
      await device.answer(ids);

      expect(await taken).toEqual(ids);
      expect(consumer.counts).toMatchObject({ results: 500, gaps: 0, missing: 0, malformed: 0 });
    });

    it('gets only what it asked for', async () => {
      const { url } = await startWorld();
      const consumer = open({ broker: url, fleet: 'bakeries', thing: 'oven-17', streams: ['health', 'result'] });
      await consumer.ready;
      const device = await startDevice(url, OVEN);
      const other = await startDevice(url, { fleet: 'bakeries', thing: 'oven-18' });
      const stranger = await startDevice(url, { fleet: 'cafes', thing: 'oven-17' });
      await other.answer(['other']);
      await stranger.answer(['stranger']);
      await Promise.all([other.drain(), stranger.drain()]);
      await device.send('dt/verge/bakeries/oven-17/health', lastWill());
      await device.answer(['mine']);

      const kinds: string[] = [];
      const ids = await takeResults(consumer, 1, ({ kind }) => kind !== 'link' && kinds.push(kind));

      expect(ids).toEqual(['mine']);
      expect(kinds).toEqual(['health', 'result']);
    });

    it('loses nothing and repeats nothing when the broker goes away in the middle, again and again', async () => {
      const world = await startWorld();
      const consumer = open({ broker: world.url, clientId: someName() });
      await consumer.ready;
      const device = await startDevice(world.url, OVEN);
      const ids = idsFrom(0, 900);
      const outages = new Set(['100', '350', '351', '700']);

      const answering = device.answer(ids);
      const taken = await takeResults(consumer, 900, async (item) => {
        if (item.kind !== 'result' || !outages.delete(item.requestId)) return;
        await world.interrupt();
        await world.resume();
      });
      await answering;

      expect(world.keepsOrder ? taken : taken.sort((a, b) => Number(a) - Number(b))).toEqual(ids);
      expect(consumer.counts).toMatchObject({ results: 900, missing: 0 });
    });

    it('loses nothing and repeats nothing when it is restarted by its signal', async () => {
      const { url } = await startWorld();
      const options = { broker: url, clientId: someName() };
      const abort = new AbortController();
      const first = open({ ...options, signal: abort.signal });
      await first.ready;
      const device = await startDevice(url, OVEN);
      await device.answer(idsFrom(0, 300));
      await device.drain();
      const before = await takeResults(first, Number.POSITIVE_INFINITY, (item) => {
        if (item.kind === 'result' && item.requestId === '100') abort.abort();
      });
      await device.answer(idsFrom(300, 300));
      await device.drain();

      const second = open(options);
      const after = await takeResults(second, 600 - before.length);

      expect(before.length).toBeLessThan(300);
      expect([...before, ...after]).toEqual(idsFrom(0, 600));
      expect(second.counts).toMatchObject({ gaps: 0, duplicates: 0 });
    });

    it('gets again after a crash what was not acknowledged by hand, and nothing that was', async () => {
      const { url } = await startWorld();
      const options = { broker: url, clientId: someName(), acknowledge: 'manual' } as const;
      const first = open(options);
      await first.ready;
      const device = await startDevice(url, OVEN, 1);
      await device.answer(idsFrom(0, 10));
      await device.drain();
      const items: ConsumerItem[] = [];
      await takeResults(first, 10, (item) => items.push(item));
      items.find((item) => item.kind === 'result' && item.requestId === '5')?.ackThrough();
      await first.close();

      const second = open(options);
      const again = await takeResults(second, 4);

      expect(again).toEqual(['6', '7', '8', '9']);
    });

    it('leaves with the broker what it has no time for', async () => {
      const { url } = await startWorld();
      const consumer = open({ broker: url, clientId: someName() });
      await consumer.ready;
      const device = await startDevice(url, OVEN, 1);
      const ids = idsFrom(0, 400);
      await device.answer(ids);
      await device.drain();

      const taken = await takeResults(consumer, 400);

      expect(taken).toEqual(ids);
    });

    it('outlives messages that are none, and hands over their bytes', async () => {
      const { url } = await startWorld();
      const consumer = open({ broker: url });
      await consumer.ready;
      const device = await startDevice(url, OVEN);
      const hostile = [randomBytes(2000), Buffer.alloc(0), Buffer.from('['.repeat(5000)), Buffer.from('{"data":{}}')];
      for (const bytes of hostile) await device.send('dt/verge/bakeries/oven-17/result', bytes);
      await device.answer(['still here']);

      const malformed: Buffer[] = [];
      const ids = await takeResults(consumer, 1, (item) => {
        if (item.kind === 'malformed') malformed.push(Buffer.from(item.payload));
      });

      expect(malformed).toEqual(hostile);
      expect(ids).toEqual(['still here']);
    });

    it('waits for a broker that is not there yet, and says so', async () => {
      const world = await startWorld();
      await world.interrupt();
      const consumer = open({ broker: world.url });

      const first = await consumer.next();
      await world.resume();
      await consumer.ready;
      const second = await consumer.next();

      expect(first.value).toMatchObject({ kind: 'link', state: 'waiting' });
      expect(first.value?.reason).toMatch(/ECONNREFUSED/);
      expect(second.value).toMatchObject({ kind: 'link', state: 'connected' });
    });
  });
}
