import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';
import { MAX_BODY_BYTES } from './record.ts';

/**
 * Writes and removes as much as a message may need, and forces it onto the disk where messages are: a disk that takes what it
 * cannot keep is not well. @throws VergeError OUTBOX_DISK_…
 */
export async function probeFolder(folder: string, sync: boolean): Promise<void> {
  const file = path.join(folder, 'probe');
  try {
    await makeFolder(folder);
    const handle = await open(file, 'w');
    try {
      const bytes = Buffer.alloc(MAX_BODY_BYTES);
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, done)).bytesWritten;
      }
      if (sync) await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError(folder, error);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}
