import type { Original, Row } from './store.ts';

/** Something that isn't in its table: named, and kept with the bytes that it came as. */
export interface Letter {
  readonly original: Original;
  readonly code: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** Which part of the message it is about; absent for the whole of it. */
  readonly part?: string | undefined;
  readonly receivedAtMs: number;
}

/** The letters of messages whose rows could not be written: one for each message, those that were letters before as they were. */
export function lettersOf(rows: readonly Row[], about: Omit<Letter, 'original'>): Letter[] {
  const letters: Letter[] = [];
  const seen = new Set<Original>();
  for (const { letter, original } of rows) {
    if (letter) letters.push(letter);
    if (letter || original === undefined || seen.has(original)) continue;
    seen.add(original);
    letters.push({ ...about, original });
  }
  return letters;
}
