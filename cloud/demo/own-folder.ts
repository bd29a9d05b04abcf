import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { demoErrors } from './errors.ts';

/** Says that the demo made a folder, and may remove what is in it. */
const MARK = '.made-by-verge-demo';

/**
 * Empties a folder that an earlier run made, or makes a new one. Any other is left as it is: a mistyped `--out` must not
 * cost somebody's files.
 * @throws VergeError DEMO_FOLDER_FOREIGN
 */
export async function takeFolder(folder: string): Promise<void> {
  const entries = await entriesOf(folder);
  if (entries.length > 0 && !entries.includes(MARK)) {
    throw demoErrors.make('DEMO_FOLDER_FOREIGN', `${folder} holds something that the demo did not make`);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, MARK), '');
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
