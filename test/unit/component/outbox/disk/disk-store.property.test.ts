import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DiskStore } from '../../../../../component/outbox/disk/disk-store.ts';
import { type Dropped, type KeptStream, STREAMS_BY_URGENCY } from '../../../../../component/outbox/message-store.ts';
import {
  crashImage,
  filesIn,
  message,
  nameOf,
  openStore,
  takeAll,
  tempFolder,
} from '../../../../support/disk-outbox.ts';

type Step =
  | { readonly do: 'put'; readonly streams: readonly KeptStream[]; readonly bytes: number }
  | { readonly do: 'send'; readonly count: number; readonly acknowledged: readonly boolean[] }
  | { readonly do: 'restart' }
  | { readonly do: 'kill' }
  /** Killed while messages are being put. */
  | { readonly do: 'kill in mid-put'; readonly streams: readonly KeptStream[]; readonly awaited: number }
  /** The disk loses the end of a file. */
  | { readonly do: 'truncate'; readonly file: number; readonly at: number }
  /** The disk changes a byte of a file. */
  | { readonly do: 'corrupt'; readonly file: number; readonly at: number; readonly change: number };

const streams = fc.array(fc.constantFrom(...STREAMS_BY_URGENCY), { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({ do: fc.constant('put' as const), streams, bytes: fc.integer({ min: 0, max: 9000 }) }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      count: fc.integer({ min: 1, max: 8 }),
      acknowledged: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    }),
    weight: 3,
  },
  fc.record({ do: fc.constant('restart' as const) }),
  fc.record({ do: fc.constant('kill' as const) }),
  fc.record({ do: fc.constant('kill in mid-put' as const), streams, awaited: fc.nat(7) }),
  fc.record({ do: fc.constant('truncate' as const), file: fc.nat(20), at: fc.nat() }),
  fc.record({
    do: fc.constant('corrupt' as const),
    file: fc.nat(20),
    at: fc.nat(),
    change: fc.integer({ min: 1, max: 255 }),
  }),
);

/** What must become of each message, by its name. */
class Model {
  /** Stored, and not acknowledged. */
  readonly owed = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** The process was killed before it said that they were stored, or the disk lost their end: they may come or not. */
  readonly open = new Set<string>();
  /** Messages that a changed byte may have cost, so many at most. */
  corruptions = 0;
}

/** A store with its disk under the hands of a hostile world. */
class World {
  readonly model = new Model();
  readonly drops: Dropped[] = [];
  #folder = tempFolder();
  #store: DiskStore | undefined;
  #put = 0;

  async store(): Promise<DiskStore> {
    if (this.#store) return this.#store;
    const opened = await openStore(this.#folder, { maxBytes: 2 * 1024 * 1024 }); // segments of 64 KB
    opened.store.listen({
      dropped: (drop) => this.drops.push(drop),
      failing: () => undefined,
      restored: () => undefined,
      takeable: () => undefined,
    });
    this.drops.push(...opened.drops);
    this.#store = opened.store;
    return opened.store;
  }

  async act(step: Step): Promise<void> {
    const store = await this.store();
    switch (step.do) {
      case 'put':
        for (const stream of step.streams) await this.#keep(store, stream, step.bytes);
        break;
      case 'send':
        await this.#send(store, step.count, step.acknowledged);
        break;
      case 'restart':
        await store.close();
        this.#store = undefined;
        break;
      case 'kill':
        await this.#kill(store);
        break;
      case 'kill in mid-put': {
        const names = step.streams.map(() => `m${this.#put++}`);
        const puts = step.streams.map((stream, index) => store.put(message(names[index] ?? '', { stream })));
        await puts[Math.min(step.awaited, puts.length - 1)];
        for (const name of names) this.model.open.add(name);
        await this.#kill(store);
        break;
      }
      case 'truncate':
      case 'corrupt':
        await this.#damage(store, step);
        break;
    }
  }

  async #keep(store: DiskStore, stream: KeptStream, bytes: number): Promise<void> {
    const name = `m${this.#put++}`;
    await store.put(message(name, { stream, bytes }));
    this.model.owed.add(name);
  }

  async #send(store: DiskStore, count: number, acknowledged: readonly boolean[]): Promise<void> {
    const taken = [];
    for (let index = 0; index < count; index++) taken.push(await store.take());
    for (const [index, one] of taken.entries()) {
      if (one === undefined) continue;
      const name = nameOf(one);
      if (this.model.acknowledged.has(name)) throw new Error(`${name} came again after it was acknowledged`);
      if (!acknowledged[index]) store.giveBack(one, false);
      else {
        store.remove(one);
        this.model.owed.delete(name);
        this.model.open.delete(name);
        this.model.acknowledged.add(name);
      }
    }
    // The marks of what was acknowledged are written before the second put from here is done.
    for (let index = 0; index < 2; index++) await this.#keep(store, 'sample', 0);
  }

  /** The folder as it is on the disk now goes on; the process doesn't. */
  async #kill(store: DiskStore): Promise<void> {
    this.#folder = crashImage(this.#folder);
    this.#store = undefined;
    await store.close();
  }

  async #damage(store: DiskStore, step: Extract<Step, { readonly at: number }>): Promise<void> {
    await this.#kill(store);
    const files = filesIn(this.#folder, 'log');
    const file = files[step.file % files.length];
    if (file === undefined) return;
    const bytes = readFileSync(file);
    if (bytes.length === 0) return;
    const at = step.at % bytes.length;
    if (step.do === 'truncate') {
      truncateSync(file, at);
      for (const name of this.model.owed) {
        const place = bytes.indexOf(`"name":"${name}"`);
        if (place < 0 || bytes.indexOf('"}', place) + 2 <= at) continue; // in another file, or whole before the end
        this.model.owed.delete(name);
        this.model.open.add(name);
      }
    } else {
      bytes[at] = (bytes[at] ?? 0) ^ step.change;
      writeFileSync(file, bytes);
      this.model.corruptions++;
    }
  }
}

describe('the store on disk, whatever happens to it', () => {
  it('loses nothing that it does not count, and sends nothing again that was acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const world = new World();
        for (const one of steps) await world.act(one);

        const came = (await takeAll(await world.store())).map(nameOf);

        const { owed, open, acknowledged, corruptions } = world.model;
        const lost = [...owed].filter((name) => !came.includes(name));
        const counted = world.drops.reduce((sum, { messages }) => sum + messages, 0);
        expect(world.drops.every(({ reason }) => reason === 'corrupt')).toBe(true);
        expect(lost.length).toBeLessThanOrEqual(Math.min(counted, corruptions));
        expect(new Set(came).size).toBe(came.length);
        expect(came.filter((name) => acknowledged.has(name))).toEqual([]);
        expect(came.filter((name) => !owed.has(name) && !open.has(name))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
