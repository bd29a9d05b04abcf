import { open, readFile, rename } from 'node:fs/promises';
import * as z from 'zod';

/** How a life of the runtime ended: as asked, for a reason that it knew, or without a word (kill -9, power cut). */
export type End = 'stopped' | 'failed' | 'died';

export interface Life {
  /** Earlier lives in the same work folder. */
  readonly restarts: number;
  /** Of the life before; absent in the first. */
  readonly lastEnd?: End;
  /** Notes how this life ends. Where that cannot be written, it counts as died. */
  end(how: 'stopped' | 'failed'): Promise<void>;
}

const livesSchema = z.object({
  schemaVersion: z.literal(1),
  lives: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  end: z.enum(['stopped', 'failed', 'died']),
});

/**
 * Counts this life in a small file. A file that cannot be read starts anew, and one that cannot be written counts
 * nothing: a counter must not keep a runtime down.
 */
export async function beginLife(file: string): Promise<Life> {
  const before = await readLives(file);
  const lives = (before?.lives ?? 0) + 1;
  await writeLives(file, lives, 'died'); // until this life says otherwise
  return {
    restarts: lives - 1,
    ...(before ? { lastEnd: before.end } : {}),
    end: (how) => writeLives(file, lives, how),
  };
}

async function readLives(file: string): Promise<z.infer<typeof livesSchema> | undefined> {
  try {
    return livesSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function writeLives(file: string, lives: number, end: End): Promise<void> {
  const fresh = `${file}.new`;
  try {
    const handle = await open(fresh, 'w');
    try {
      await handle.writeFile(JSON.stringify({ schemaVersion: 1, lives, end }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch {
    // a full or read-only disk; the health message is poorer for it, and nothing else
  }
}
