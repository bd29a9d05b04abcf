import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';

/**
 * Writes a small file so that it is there whole or not at all. It blocks, so that a check and the write that follows
 * it are one step for all who ask at the same time.
 */
export function writeWhole(path: string, value: unknown): void {
  const draft = `${path}.${randomUUID()}.draft`;
  writeFileSync(draft, JSON.stringify(value, null, 1));
  renameSync(draft, path);
}
