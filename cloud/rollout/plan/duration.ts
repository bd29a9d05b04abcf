import * as z from 'zod';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90s`, `30m`, `2h`, `1d`; in code, seconds. */
export function durationSchema(minSeconds: number, maxSeconds: number) {
  return z
    .string()
    .regex(/^\d{1,6}(s|m|h|d)$/, 'a duration is a whole number and s, m, h or d, such as 30m')
    .refine((text) => secondsOf(text) >= minSeconds, `at least ${inWords(minSeconds)}`)
    .refine((text) => secondsOf(text) <= maxSeconds, `at most ${inWords(maxSeconds)}`);
}

/** Seconds of a duration that the schema took. */
export function secondsOf(text: string): number {
  return Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 1);
}

/** The largest unit that has no rest: 5400 is `90m`. */
export function inWords(seconds: number): string {
  const unit = ['d', 'h', 'm'].find((one) => seconds > 0 && seconds % (UNITS[one] ?? 1) === 0) ?? 's';
  return `${seconds / (UNITS[unit] ?? 1)}${unit}`;
}
