import type { DeviceRow } from './frame.ts';

/** A fleet is thousands of rows, so they travel as tuples in this order. */
const FIELDS = [
  'fleet',
  'thing',
  'state',
  'heardMs',
  'heartbeatSeconds',
  'models',
  'runtimeVersion',
  'outbox',
  'outboxOldestSeconds',
  'textsPerSecond',
  'p50',
  'p99',
  'restarts',
  'rssBytes',
  'dropped',
  'drifting',
] as const satisfies readonly (keyof DeviceRow)[];

export function packDevice(row: DeviceRow): readonly unknown[] {
  return FIELDS.map((field) => row[field]);
}

export function unpackDevice(packed: readonly unknown[]): DeviceRow {
  // Written by `packDevice` of the same build: the server gives page and data together.
  return Object.fromEntries(FIELDS.map((field, at) => [field, packed[at]])) as unknown as DeviceRow;
}
