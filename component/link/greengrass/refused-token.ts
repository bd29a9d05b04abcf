import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** In the work folder, which every life of the component shares. */
const FILE = 'token-refused.json';
/** A nucleus calls a component BROKEN that ends 3 times in this (facts L7, G10): one end for a stale token leaves room. */
const WINDOW_MS = 3_600_000;

/**
 * Whether the process may end because its token is refused (fact L7): once an hour, or an IPC daemon that refuses the new
 * token too would have the component BROKEN for good. A yes is written down before it is given.
 */
export async function mayExitForToken(folder: string, now: Date): Promise<boolean> {
  const file = path.join(folder, FILE);
  const last = await readLast(file);
  const age = last === undefined ? Number.POSITIVE_INFINITY : now.getTime() - last;
  if (age >= 0 && age < WINDOW_MS) return false;
  try {
    await writeFile(`${file}.new`, JSON.stringify({ exitedAt: now.toISOString() }));
    await rename(`${file}.new`, file);
    return true;
  } catch {
    return false; // what cannot be written down would be done again and again
  }
}

async function readLast(file: string): Promise<number | undefined> {
  try {
    const read: unknown = JSON.parse(await readFile(file, 'utf8'));
    const at =
      typeof read === 'object' && read !== null && 'exitedAt' in read ? Date.parse(String(read.exitedAt)) : Number.NaN;
    return Number.isNaN(at) ? undefined : at;
  } catch {
    return undefined; // never, or not to be read
  }
}
