import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';
import { MAX_BODY_BYTES } from './record.ts';

/** Writes and removes as much as a message may need. @throws VergeError OUTBOX_DISK_… */
export async function probeFolder(folder: string): Promise<void> {
  const file = path.join(folder, 'probe');
  try {
    await makeFolder(folder);
    await writeFile(file, Buffer.alloc(MAX_BODY_BYTES));
  } catch (error) {
    throw diskError(folder, error);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}
