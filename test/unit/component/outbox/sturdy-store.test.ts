import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VergeError } from '../../../../component/contract/error.ts';
import { outboxErrors } from '../../../../component/outbox/errors.ts';
import { MemoryStore } from '../../../../component/outbox/memory-store.ts';
import type { Dropped, NewMessage } from '../../../../component/outbox/message-store.ts';
import { SturdyStore } from '../../../../component/outbox/sturdy-store.ts';
import { message, nameOf, takeAll } from '../../../support/disk-outbox.ts';
import { settled } from '../../../support/fake-link.ts';

/** A store that keeps what it is given when the test lets it. */
class MoodyStore extends MemoryStore {
  mood: 'good' | 'full' | 'hanging' = 'good';
  tries = 0;
  readonly hanging: (() => void)[] = [];

  override async put(given: NewMessage): Promise<void> {
    this.tries++;
    if (this.mood === 'full') throw outboxErrors.make('OUTBOX_DISK_FULL', 'the test says so');
    if (this.mood === 'hanging') await new Promise<void>((resolve) => this.hanging.push(resolve));
    await super.put(given);
  }

  override async probe(): Promise<void> {
    if (this.mood === 'full') throw outboxErrors.make('OUTBOX_DISK_FULL', 'the test says so');
  }
}

let inner: MoodyStore;
let store: SturdyStore;
let told: string[];
let drops: Dropped[];
let takeable = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  inner = new MoodyStore(10_000_000);
  store = new SturdyStore(inner, () => 0);
  told = [];
  drops = [];
  takeable = 0;
  store.listen({
    dropped: (drop) => drops.push(drop),
    failing: ({ code }) => told.push(code),
    restored: () => told.push('restored'),
    takeable: () => takeable++,
  });
});
afterEach(async () => {
  await store.close();
  vi.useRealTimers();
});

/** Puts messages and notes which of them are safe. */
function put(names: readonly string[], stored: string[], stream: 'result' | 'event' = 'result'): void {
  for (const name of names) {
    store.put(message(name, { stream })).then(
      () => stored.push(name),
      ({ code }: VergeError) => stored.push(code),
    );
  }
}

describe('a store before one that is in trouble', () => {
  it('holds back, tells once, tries again with ever longer waits, and stores in order when it can', async () => {
    const stored: string[] = [];
    inner.mood = 'full';
    put(['a', 'b'], stored);
    await settled();
    put(['c'], stored);
    for (let round = 0; round < 4; round++) {
      vi.advanceTimersByTime(1000);
      await settled();
    }
    const triesInTrouble = inner.tries;
    const early = [...stored];
    inner.mood = 'good';
    vi.advanceTimersByTime(30_000);
    await settled();

    expect(early).toEqual([]);
    expect(triesInTrouble).toBeLessThan(8);
    expect(stored).toEqual(['a', 'b', 'c']);
    expect(told).toEqual(['OUTBOX_DISK_FULL', 'restored']);
    expect((await takeAll(inner)).map(nameOf)).toEqual(['a', 'b', 'c']);
  });

  it('lets what it cannot store be sent, which is as good', async () => {
    const stored: string[] = [];
    inner.mood = 'full';
    put(['a', 'b'], stored);
    await settled();

    const offers = takeable;
    vi.advanceTimersByTime(1000); // tried once more, in vain
    await settled();
    const taken = await store.take();
    if (taken) store.remove(taken);
    await settled();

    expect(offers).toBeGreaterThan(0);
    expect(takeable).toBeGreaterThan(offers);
    expect(stored).toEqual(['a']);
    expect(store.depth()).toMatchObject({ messages: 1, results: 1 });
  });

  it('notices by itself that the trouble is over, with nothing to store', async () => {
    const stored: string[] = [];
    inner.mood = 'full';
    put(['a'], stored);
    await settled();
    await takeAll(store);
    vi.advanceTimersByTime(1000);
    await settled();
    const early = [...told];
    inner.mood = 'good';
    vi.advanceTimersByTime(30_000);
    await settled();

    expect(early).toEqual(['OUTBOX_DISK_FULL']);
    expect(told).toEqual(['OUTBOX_DISK_FULL', 'restored']);
  });

  it('sends what the store had before what it could not take, and an event before both', async () => {
    const stored: string[] = [];
    put(['a'], stored);
    await settled();
    inner.mood = 'full';
    put(['b'], stored);
    await settled();
    put(['trouble'], stored, 'event');
    await settled();

    const order = (await takeAll(store)).map(nameOf);

    expect(order).toEqual(['trouble', 'a', 'b']);
  });

  it('stores what could not be sent either as something that may have arrived', async () => {
    const stored: string[] = [];
    inner.mood = 'full';
    put(['a'], stored);
    await settled();
    const taken = await store.take();
    inner.mood = 'good';
    if (taken) store.giveBack(taken, false);
    vi.advanceTimersByTime(30_000);
    await settled();

    const kept = await inner.take();

    expect(stored).toEqual(['a']);
    expect(JSON.parse(Buffer.from(kept?.payload ?? []).toString())).toMatchObject({ name: 'a', replay: true });
  });

  it('keeps no more than a megabyte of what no source holds back', async () => {
    const stored: string[] = [];
    inner.mood = 'full';
    put(['first'], stored);
    await settled();
    for (let index = 0; index < 30; index++)
      store.put(message(`s${index}`, { stream: 'sample', bytes: 50_000 })).catch(() => undefined);
    await settled();

    expect(drops.length).toBe(10);
    expect(drops[0]).toMatchObject({ stream: 'sample', reason: 'full', items: 1 });
  });

  it('tells of a disk that hangs, and of its return', async () => {
    const stored: string[] = [];
    inner.mood = 'hanging';
    put(['a'], stored);
    vi.advanceTimersByTime(10_000);
    await settled();
    const early = [...told];
    inner.mood = 'good';
    inner.hanging[0]?.();
    await settled();

    expect(early).toEqual(['OUTBOX_DISK_SLOW']);
    expect(told).toEqual(['OUTBOX_DISK_SLOW', 'restored']);
    expect(stored).toEqual(['a']);
  });

  it('refuses at its end what it could not store, so that its source brings it again', async () => {
    const stored: string[] = [];
    inner.mood = 'full';
    put(['a'], stored);
    await settled();

    await store.close();
    await settled();

    expect(stored).toEqual(['OUTBOX_ENDED']);
    await expect(store.put(message('b'))).rejects.toMatchObject({ code: 'OUTBOX_CLOSED' });
  });

  it('passes on an error that will not pass', async () => {
    inner.put = () => Promise.reject(outboxErrors.make('OUTBOX_MESSAGE_TOO_LARGE', 'the test says so'));

    const outcome = store.put(message('a'));

    await expect(outcome).rejects.toMatchObject({ code: 'OUTBOX_MESSAGE_TOO_LARGE' });
    expect(told).toEqual([]);
  });
});
