import { existsSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockFolder } from '../../../../../component/outbox/disk/folder-lock.ts';
import type { KeptStream, MessageStore } from '../../../../../component/outbox/message-store.ts';
import {
  crashImage,
  filesIn,
  logBytes,
  message,
  nameOf,
  openStore,
  takeAll,
  tempFolder,
} from '../../../../support/disk-outbox.ts';

async function fill(store: MessageStore, count: number, more: Parameters<typeof message>[1] = {}): Promise<void> {
  const { stream = 'result' } = more;
  for (let index = 0; index < count; index++) await store.put(message(`${stream}-${index}`, more));
}

function names(count: number, stream = 'result'): string[] {
  return Array.from({ length: count }, (_, index) => `${stream}-${index}`);
}

describe('the store on disk', () => {
  it('gives back after a kill, in order and as replays, exactly what was put and not removed', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder);
    await fill(store, 20, { items: 3 });
    const first = await store.take();
    if (first) store.remove(first);
    await store.put(message('result-20'));
    await store.put(message('result-21')); // by then the mark of the first is written

    const { store: again } = await openStore(crashImage(folder));
    const depth = again.depth();
    const found = await takeAll(again);

    expect(depth).toMatchObject({ messages: 21, results: 19 * 3 + 2 });
    expect(found.map(nameOf)).toEqual(names(22).slice(1));
    expect(found.every(({ mayHaveArrived }) => mayHaveArrived)).toBe(true);
  });

  it('has nothing to find after everything was removed and it was closed', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder);
    await fill(store, 5);
    await takeAll(store);
    await store.close();

    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes events before results, those before statistics, and samples last', async () => {
    const { store } = await openStore(tempFolder());
    for (const stream of ['sample', 'stats', 'result', 'event', 'sample', 'event'] as const) {
      await store.put(message(stream, { stream }));
    }

    const taken = await takeAll(store);

    expect(taken.map(({ stream }) => stream)).toEqual(['event', 'event', 'result', 'stats', 'sample', 'sample']);
  });

  it('stays within its bound on disk, drops the oldest, and counts what it drops', async () => {
    const folder = tempFolder();
    const { store, drops } = await openStore(folder, { maxBytes: 100_000 });
    let most = 0;
    for (let index = 0; index < 400; index++) {
      await store.put(message(`result-${index}`, { bytes: 900, items: 2 }));
      most = Math.max(most, logBytes(folder));
    }

    const kept = (await takeAll(store)).map(nameOf);

    const lost = drops.reduce((sum, { messages }) => sum + messages, 0);
    expect(most).toBeLessThanOrEqual(100_000);
    expect(most).toBeGreaterThan(80_000);
    expect(kept).toEqual(names(400).slice(lost));
    expect(drops.every(({ reason, messages, items }) => reason === 'full' && items === 2 * messages)).toBe(true);
  });

  it('drops what is least urgent first, and never something more urgent than what comes', async () => {
    const { store, drops } = await openStore(tempFolder(), { maxBytes: 65_536 });
    await fill(store, 20, { stream: 'event', bytes: 1100 });
    await fill(store, 20, { stream: 'sample', bytes: 1100 });
    await fill(store, 20, { stream: 'result', bytes: 1100 });
    const bySamples = [...drops];
    await fill(store, 60, { stream: 'result', bytes: 900 });
    const byResults = drops.slice(bySamples.length);
    await store.put(message('late sample', { stream: 'sample', bytes: 16_000 }));

    const kept = (await takeAll(store)).filter(({ stream }) => stream === 'event');

    const streamsOf = (some: readonly { stream: KeptStream }[]): string[] => [
      ...new Set(some.map(({ stream }) => stream)),
    ];
    expect(streamsOf(bySamples)).toEqual(['sample']);
    expect(streamsOf(byResults)).toEqual(['sample', 'result']);
    expect(drops.at(-1)).toMatchObject({ stream: 'sample', reason: 'full', messages: 1 });
    expect(kept.map(nameOf)).toEqual(names(20, 'event'));
  });

  it('never drops what is being sent', async () => {
    const { store, drops } = await openStore(tempFolder(), { maxBytes: 65_536 });
    await fill(store, 1, { bytes: 50_000 });
    const underWay = await store.take();

    const refused = await store.put(message('more', { bytes: 50_000 })).catch((error: { code: string }) => error.code);
    if (underWay) store.remove(underWay);
    await store.put(message('more', { bytes: 50_000 }));

    expect(refused).toBe('OUTBOX_BUSY');
    expect(drops).toEqual([]);
    expect((await takeAll(store)).map(nameOf)).toEqual(['more']);
  });

  it('drops what is too old, and believes no clock that had not been set', async () => {
    let now = Date.UTC(1970, 0, 1, 0, 5); // a device without a battery, before it has heard of the time
    const folder = tempFolder();
    const early = await openStore(folder, { now: () => now });
    await fill(early.store, 1);
    await early.store.close();
    now = Date.UTC(2026, 4, 4);

    const { store, drops } = await openStore(folder, { now: () => now, maxAgeMs: 60_000 });
    const age = store.depth().oldestSeconds;
    await store.put(message('young'));
    now += 61_000;
    await store.put(message('younger'));
    const left = (await takeAll(store)).map(nameOf);

    expect(age).toBe(0);
    expect(left).toEqual(['younger']);
    expect(drops.map(({ reason, items }) => [reason, items])).toEqual([
      ['age', 1],
      ['age', 1],
    ]);
  });

  it('takes a message from the future for a new one', async () => {
    const folder = tempFolder();
    const { store: fast } = await openStore(folder, { now: () => Date.UTC(2040, 0) });
    await fill(fast, 1);
    await fast.close();

    const { store } = await openStore(folder);

    expect(store.depth().oldestSeconds).toBe(0);
    expect(await takeAll(store)).toHaveLength(1);
  });

  it('knows the depth of finished segments without an entry for each message, and reads them when their turn comes', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder, { maxBytes: 1_000_000 });
    await fill(store, 300, { bytes: 1000, items: 4 });
    await store.close();

    const { store: again } = await openStore(folder, { maxBytes: 1_000_000 });
    const depth = again.depth();
    const files = filesIn(folder, 'log').length;
    const found = await takeAll(again);

    expect(files).toBeGreaterThan(5);
    expect(depth).toMatchObject({ messages: 300, results: 1200 });
    expect(found.map(nameOf)).toEqual(names(300));
  });

  it('counts what a finished segment held and the disk does not give back, to the item', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder);
    await fill(store, 10, { items: 7 });
    await store.close();
    const [file = ''] = filesIn(folder, 'log');
    const bytes = Buffer.alloc(150); // more than a record, in the middle of two
    writeFileSync(file, bytes, { flag: 'r+' });

    const { store: again, drops } = await openStore(folder);
    const found = (await takeAll(again)).map(nameOf);

    const lost = 10 - found.length;
    expect(found).toEqual(names(10).slice(lost));
    expect(lost).toBeGreaterThan(0);
    expect(drops).toEqual([{ stream: 'result', reason: 'corrupt', messages: lost, items: 7 * lost }]);
  });

  it('counts a message whose bytes change after it was found', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder);
    await fill(store, 3);
    const image = crashImage(folder);
    const { store: again, drops } = await openStore(image);
    const [file = ''] = filesIn(image, 'log');
    writeFileSync(file, Buffer.alloc(40, 1), { flag: 'r+' });

    const found = (await takeAll(again)).map(nameOf);

    expect(found).toEqual(names(3).slice(1));
    expect(drops).toEqual([{ stream: 'result', reason: 'corrupt', messages: 1, items: 1 }]);
  });

  it('outlives files that vanish, files of others and a file of monstrous size', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder, { maxBytes: 1_000_000 });
    await fill(store, 100, { bytes: 1000 });
    await store.close();
    writeFileSync(path.join(folder, 'README'), 'not ours');
    writeFileSync(path.join(folder, 'result-0000000999.log'), '');
    truncateSync(path.join(folder, 'result-0000000999.log'), 1_000_000_000);
    const { store: again, drops } = await openStore(folder, { maxBytes: 1_000_000 });
    const second = filesIn(folder, 'log')[1] ?? '';
    rmSync(second);

    const found = await takeAll(again);

    const lost = drops.reduce((sum, { messages }) => sum + messages, 0);
    expect(found.length).toBeGreaterThan(50);
    expect(found.length + lost).toBe(101); // the monster counts for one
    expect(existsSync(path.join(folder, 'README'))).toBe(true);
    expect(existsSync(path.join(folder, 'result-0000000999.log'))).toBe(false);
  });

  it('goes on behind a file that was removed under its hands', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder);
    await fill(store, 3);
    const image = crashImage(folder);
    const { store: again, drops } = await openStore(image);
    for (const file of filesIn(image, 'log')) rmSync(file);
    await again.put(message('new', { stream: 'stats' }));

    const found = (await takeAll(again)).map(nameOf);

    expect(found).toEqual(['new']);
    expect(drops.reduce((sum, { messages }) => sum + messages, 0)).toBe(3);
  });

  it('never reads a message again that its cache holds', async () => {
    const folder = tempFolder();
    const { store } = await openStore(folder);
    await fill(store, 3);
    for (const file of filesIn(folder, 'log')) truncateSync(file, 0);

    const found = await takeAll(store);

    expect(found.map(nameOf)).toEqual(names(3));
  });

  it.each(['always', 'every-second', 'never'] as const)(
    'loses nothing to a kill with the sync policy %s',
    async (sync) => {
      const folder = tempFolder();
      const { store } = await openStore(folder, { sync });
      await Promise.all(names(50).map((name) => store.put(message(name))));

      const { store: again } = await openStore(crashImage(folder));

      expect((await takeAll(again)).map(nameOf)).toEqual(names(50));
    },
  );

  it('opens where the folder cannot be made, and says with each message why it does not keep it', async () => {
    const { store } = await openStore('/proc/no-such-thing/outbox');

    const outcome = await store.put(message('a')).catch((error: { code: string }) => error.code);

    expect(outcome).toMatch(/^OUTBOX_DISK_/);
    expect(await store.take()).toBeUndefined();
  });

  it('refuses a path that is a file', async () => {
    const file = path.join(tempFolder(), 'file');
    writeFileSync(file, '');

    const opening = openStore(file);

    await expect(opening).rejects.toMatchObject({ code: 'OUTBOX_FOLDER_INVALID', fault: 'user' });
  });

  it('refuses a message beyond every bound, and takes nothing after it was closed', async () => {
    const { store } = await openStore(tempFolder());

    const large = store.put(message('a', { bytes: 200_000 }));
    await expect(large).rejects.toMatchObject({ code: 'OUTBOX_MESSAGE_TOO_LARGE' });
    await store.close();
    await store.close();

    await expect(store.put(message('b'))).rejects.toMatchObject({ code: 'OUTBOX_CLOSED' });
  });
});

describe('the lock of a folder', () => {
  it('keeps a second user out, by whatever name it calls the folder, until it is released', async () => {
    const folder = tempFolder();
    const link = path.join(tempFolder(), 'link');
    symlinkSync(folder, link);
    const lock = await lockFolder(path.join(folder, 'not-made-yet'));

    const second = lockFolder(path.join(link, 'not-made-yet'));
    await expect(second).rejects.toMatchObject({ code: 'OUTBOX_FOLDER_IN_USE', fault: 'user' });
    await lock.release();
    const third = await lockFolder(path.join(link, 'not-made-yet'));
    onTestFinished(() => third.release());

    expect(third).toBeDefined();
  });
});
