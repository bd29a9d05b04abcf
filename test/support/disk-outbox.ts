import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { DiskStore, type DiskStoreOptions } from '../../component/outbox/disk/disk-store.ts';
import type {
  Dropped,
  KeptStream,
  MessageStore,
  NewMessage,
  TakenMessage,
} from '../../component/outbox/message-store.ts';

/** A folder that goes with the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'verge-outbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the disk holds at this moment, as a process finds it that starts after the one before was killed. */
export function crashImage(folder: string): string {
  const image = tempFolder();
  cpSync(folder, image, { recursive: true });
  return image;
}

export interface OpenedStore {
  readonly store: DiskStore;
  readonly drops: Dropped[];
}

export async function openStore(folder: string, more: Partial<DiskStoreOptions> = {}): Promise<OpenedStore> {
  const options: DiskStoreOptions = {
    folder,
    maxBytes: 64 * 1024 * 1024,
    maxAgeMs: 3_600_000,
    sync: 'never',
    now: () => Date.UTC(2026, 4, 4),
    ...more,
  };
  const store = await DiskStore.open(options);
  onTestFinished(() => store.close());
  const drops: Dropped[] = [];
  store.listen({
    dropped: (drop) => drops.push(drop),
    failing: () => undefined,
    restored: () => undefined,
    takeable: () => undefined,
  });
  return { store, drops };
}

/** A message that carries its name, and as many more bytes. */
export function message(name: string, more: { stream?: KeptStream; bytes?: number; items?: number } = {}): NewMessage {
  const { stream = 'result', bytes = 100, items = 1 } = more;
  const payload = Buffer.from(JSON.stringify({ replay: false, name, filling: 'x'.repeat(bytes) }));
  return { stream, topic: `dt/verge/bakeries/oven-17/${stream}`, payload, itemCount: items };
}

export function nameOf({ payload }: NewMessage): string {
  return (JSON.parse(Buffer.from(payload).toString('utf8')) as { name: string }).name;
}

/** Takes everything out, in order, and removes it. */
export async function takeAll(store: MessageStore): Promise<TakenMessage[]> {
  const all: TakenMessage[] = [];
  for (let taken = await store.take(); taken; taken = await store.take()) {
    all.push(taken);
    store.remove(taken);
  }
  return all;
}

/** Files of the outbox of one kind, the oldest first. */
export function filesIn(folder: string, kind: 'log' | 'gone'): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${kind}`))
    .sort()
    .map((name) => path.join(folder, name));
}

export function logBytes(folder: string): number {
  return filesIn(folder, 'log').reduce((sum, file) => sum + statSync(file).size, 0);
}
