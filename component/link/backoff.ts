/** The first try again comes after about this. */
const FIRST_DELAY_MS = 250;
/** No longer than this between tries, so that a fleet is back within a minute of its broker. */
const MAX_DELAY_MS = 30_000;

/**
 * How long to wait before try number `attempt` (from 0) again: doubling, with a cap, and drawn from the upper half so
 * that a fleet that lost its broker at one moment doesn't come back at one moment.
 * @param random from 0 up to, not including, 1
 */
export function backoffDelayMs(attempt: number, random: number): number {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(full / 2 + (full / 2) * random);
}
