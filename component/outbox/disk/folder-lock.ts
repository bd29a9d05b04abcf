import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { takeName } from '../../disk/name-lock.ts';
import { outboxErrors } from '../errors.ts';

export interface FolderLock {
  release(): Promise<void>;
}

/** Keeps a folder to this process. @throws VergeError OUTBOX_FOLDER_IN_USE */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const release = await takeName('outbox', await truePath(folder));
  if (release) return { release };
  throw outboxErrors.make('OUTBOX_FOLDER_IN_USE', `another process uses the outbox folder ${folder}`);
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
