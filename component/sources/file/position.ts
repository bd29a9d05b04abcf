import { open, readFile, rename } from 'node:fs/promises';
import * as z from 'zod';

/** Up to where a file is answered, and which file that is: a path alone names another one after every rotation. */
export const positionSchema = z.object({
  schemaVersion: z.literal(1),
  /** As the setting names it; the position of another path is of no use. */
  path: z.string(),
  device: z.string(),
  inode: z.string(),
  /** Counts files and truncations, so that a reused inode or an offset after a truncation is not taken for another. */
  generation: z.number().int().min(1),
  offset: z.number().int().min(0),
  /** SHA-256 of the first bytes, which a file that only grows keeps. */
  head: z.object({ sizeBytes: z.number().int().min(0).max(256), sha256: z.string() }),
});
export type Position = z.infer<typeof positionSchema>;

/** A few hundred bytes. */
const MAX_POSITION_BYTES = 16 * 1024;

/** The kept position; undefined where there is none that can be read: the file is then answered from its start. */
export async function readPosition(file: string, path: string): Promise<Position | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length > MAX_POSITION_BYTES) return undefined;
    const parsed = positionSchema.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.path === path ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a position, whole or not at all, also over a power cut. */
export async function writePosition(file: string, position: Position): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w');
  try {
    await handle.writeFile(JSON.stringify(position));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
