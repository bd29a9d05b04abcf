import { randomInt } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

const RANDOM_DIGITS = 4;
const BASE = 36;
/** So many digits a start has from 1972 to 5188; what is earlier, without a clock that was ever set, is filled up. */
const START_DIGITS = 8;
/** A start in the year 5188 has nine digits; what has more is none of ours. */
const BOOT = /^[0-9a-z]{8,9}[0-9a-z]{4}$/;
const FILE = 'boot';

/**
 * Names this life of the runtime: its start in milliseconds in base 36, so that later lives sort later, and some random
 * digits. With the name of the life before it is later than that even where the clock was set back in between.
 */
export function makeBoot(startedAt: Date, previous?: string): string {
  const random = randomInt(BASE ** RANDOM_DIGITS);
  const after = previous === undefined ? 0 : Number.parseInt(previous.slice(0, -RANDOM_DIGITS), BASE) + 1;
  const start = Math.max(startedAt.getTime(), after, 0).toString(BASE).padStart(START_DIGITS, '0');
  return start + random.toString(BASE).padStart(RANDOM_DIGITS, '0');
}

/**
 * A boot that no life with the same folder has had, written down before anything is sent under it. That is why an id
 * (boot, seq) is never used twice: seq only counts up within a life, and every life, however the one before ended, has a
 * boot of its own. Where the folder isn't there or can't be written, the clock and the random digits stand for it alone.
 */
export async function nextBoot(folder: string, startedAt: Date): Promise<string> {
  const file = path.join(folder, FILE);
  const previous = (await readFile(file, 'latin1').catch(() => '')).trim();
  const boot = makeBoot(startedAt, BOOT.test(previous) ? previous : undefined);
  try {
    const handle = await open(`${file}.new`, 'w');
    try {
      await handle.writeFile(`${boot}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${file}.new`, file);
  } catch {
    // as above; the outbox tells of such a folder with its first message
  }
  return boot;
}
