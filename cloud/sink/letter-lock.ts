import type { FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { type Release, takeName } from '../../component/disk/name-lock.ts';

const TRIES = 250;
/** An addition takes as long as the disk does, some milliseconds. */
const BETWEEN_TRIES_MS = 20;

/**
 * Waits until no other process of this machine writes the file, and keeps them out.
 * @throws Error where another one has it for five seconds
 */
export async function lockLetters(handle: FileHandle, file: string): Promise<Release> {
  const { dev, ino } = await handle.stat(); // links and paths may differ
  for (let tries = 0; tries < TRIES; tries++) {
    const release = await takeName('letters', `${dev}-${ino}`);
    if (release) return release;
    await wait(BETWEEN_TRIES_MS);
  }
  throw new Error(`another process keeps writing ${file}`);
}
