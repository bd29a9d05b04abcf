import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeWhole } from './whole-file.ts';

/** Records of one kind by key, in memory and in a folder: one small file each, so that a change writes no other. */
export interface Collection<T> {
  get(key: string): T | undefined;
  /** In no order that a restart keeps: sort by what the records say. */
  all(): readonly T[];
  put(key: string, record: T): void;
  delete(key: string): boolean;
}

interface Stored<T> {
  readonly key: string;
  readonly record: T;
}

/** Opens the folder with what an earlier run left there. @param T must survive JSON */
export function openCollection<T>(folder: string): Collection<T> {
  mkdirSync(folder, { recursive: true });
  const records = new Map<string, T>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    // Written by `put` below.
    const { key, record } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Stored<T>;
    records.set(key, record);
  }
  /** Keys hold any character; file names do not. */
  const fileOf = (key: string): string =>
    path.join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.json`);
  return {
    get: (key) => records.get(key),
    all: () => [...records.values()],
    put(key, record) {
      writeWhole(fileOf(key), { key, record });
      records.set(key, record);
    },
    delete(key) {
      if (!records.delete(key)) return false;
      rmSync(fileOf(key));
      return true;
    },
  };
}
