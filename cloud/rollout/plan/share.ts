import { createHash } from 'node:crypto';

const STEPS = 1_000_000;

/** Whether a thing is in the part of a fleet up to a percentage: by its name alone, so a larger part holds every smaller one. */
export function isInShare(thing: string, percent: number): boolean {
  const place = createHash('sha256').update(thing).digest().readUIntBE(0, 6) % STEPS;
  return place < (percent / 100) * STEPS;
}
