import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const TRIES = 250;
/** An addition takes as long as the disk does, some milliseconds. */
const BETWEEN_TRIES_MS = 20;

/**
 * Waits until no other process of this machine writes the file, and keeps them out, by an abstract Unix socket named for it: the
 * kernel takes it back however the process ends. Other systems than Linux have no such sockets: there sinks keep to files of their own.
 * @throws Error where another one has it for five seconds
 */
export async function lockLetters(handle: FileHandle, file: string): Promise<() => void> {
  if (process.platform !== 'linux') return () => undefined;
  const { dev, ino } = await handle.stat(); // links and paths may differ
  for (let tries = 0; tries < TRIES; tries++) {
    const unlock = await tryLock(`\0verge-letters-${dev}-${ino}`);
    if (unlock) return unlock;
    await wait(BETWEEN_TRIES_MS);
  }
  throw new Error(`another process keeps writing ${file}`);
}

async function tryLock(name: string): Promise<(() => void) | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(name, resolve);
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return () => void server.close();
}
