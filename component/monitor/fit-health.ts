import type { HealthData } from '../contract/health.ts';

/** What can be done without, the first first. Models go last, since a rollout waits for them. */
const DISPENSABLE = ['modelLatencies', 'errors', 'challengers', 'cpuFeatures'] as const;

/**
 * Leaves out what does not fit, and says so.
 * @param sizeOf bytes of the whole message around the data
 */
export function fitHealth(data: HealthData, sizeOf: (data: HealthData) => number, maxBytes: number): HealthData {
  if (sizeOf(data) <= maxBytes) return data;
  let smaller: HealthData = { ...data, trimmed: true };
  for (const part of DISPENSABLE) {
    const { [part]: _left, ...rest } = smaller;
    smaller = rest;
    if (sizeOf(smaller) <= maxBytes) return smaller;
  }
  while (smaller.models.length > 0 && sizeOf(smaller) > maxBytes) {
    smaller = { ...smaller, models: smaller.models.slice(0, -1) };
  }
  return smaller;
}
