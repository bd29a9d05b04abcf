import { mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder with those above it. Node's own recursive `mkdir` goes round for ever where a parent exists in which
 * nothing can be made, such as below /proc. @throws Error of the file system
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return; // a file is found out by whoever looks into it
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await mkdir(folder);
  }
}
