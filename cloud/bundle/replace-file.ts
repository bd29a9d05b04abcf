import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';

/** Writes a file beside where it shall be, and lets it take its place when it is whole. Nothing stays of one that isn't. */
export async function replaceFile(file: string, write: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${randomUUID()}.partial`;
  try {
    await write(draft);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
