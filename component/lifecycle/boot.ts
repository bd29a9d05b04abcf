import { randomInt } from 'node:crypto';

const RANDOM_DIGITS = 4;
const BASE = 36;

/** Names this life of the runtime: its start in milliseconds in base 36, so that later lives sort later, and some random digits. */
export function makeBoot(startedAt: Date): string {
  const random = randomInt(BASE ** RANDOM_DIGITS);
  return startedAt.getTime().toString(BASE) + random.toString(BASE).padStart(RANDOM_DIGITS, '0');
}
