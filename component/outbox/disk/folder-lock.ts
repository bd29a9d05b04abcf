import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { outboxErrors } from '../errors.ts';

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Keeps a folder to this process, by an abstract Unix socket named for it: the kernel takes it back however the process
 * ends, it needs no room on the disk, and taking it is one atomic step. Nothing is ever said on it. It holds between
 * processes of one network namespace, which those of one Greengrass core are.
 * @throws VergeError OUTBOX_FOLDER_IN_USE
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const digest = createHash('sha256')
    .update(await truePath(folder))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, `\0verge-outbox-${digest.slice(0, 40)}`);
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    throw outboxErrors.make('OUTBOX_FOLDER_IN_USE', `another process uses the outbox folder ${folder}`, error);
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** With links resolved as far as the folders exist. */
async function truePath(folder: string): Promise<string> {
  const absolute = path.resolve(folder);
  try {
    return await realpath(absolute);
  } catch {
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(await truePath(parent), path.basename(absolute));
  }
}

function listen(server: Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(name, resolve);
  });
}
