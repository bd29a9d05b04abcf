import type { Settings } from '../contract/settings.ts';

/** Settings that the runtime takes while it serves. Any other makes it drain and begin anew, in the same process. */
const LIVE: ReadonlySet<keyof Settings> = new Set<keyof Settings>([
  'logLevel',
  'heartbeatSeconds',
  'flushWaitMs',
  'messageBytes',
  'includeText',
  'drainTimeoutMs',
  'captureBelowScore',
  'captureShare',
  'captureDisagreement',
  'capturePerHour',
  'captureBytesPerDay',
  'captureRedact',
]);

/** Keys whose values differ. */
export function changedSettings(before: Settings, after: Settings): (keyof Settings)[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Settings>; // of two settings
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

/** Whether all of these can be taken live. */
export function areLive(keys: readonly (keyof Settings)[]): boolean {
  return keys.every((key) => LIVE.has(key));
}
