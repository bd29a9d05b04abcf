import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { inject } from 'vitest';

/**
 * A folder that the first test file to ask for it makes, and all others of the run take; whoever would change it makes a copy.
 * @param key tells it from every other
 */
export function madeOnce(key: readonly string[], make: (folder: string) => void): string {
  const shared = inject('shared');
  const folder = path.join(shared, createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const mine = mkdtempSync(path.join(shared, 'making-'));
  make(mine);
  try {
    renameSync(mine, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(mine, { recursive: true }); // another worker was faster, with the same
  }
  return folder;
}
