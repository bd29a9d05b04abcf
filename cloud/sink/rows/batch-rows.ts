import type { ConsumerItem, MalformedItem, MessageItem, Origin, ResultItem } from '../../consumer/item.ts';
import type { Row } from '../store.ts';
import { hasRow, letterRow, rowOf, thingRow } from './row-of.ts';

/** The rows of items, in their order. */
export function rowsOf(items: readonly ConsumerItem[], receivedAtMs: number): Row[] {
  const rows: Row[] = [];
  for (const item of items) {
    if (item.kind === 'malformed') rows.push(malformedRow(item, receivedAtMs));
    else if (hasRow(item)) rows.push(rowOf(item, receivedAtMs));
  }
  return rows;
}

/** What is to be noted of the devices that the items of one transaction came from: one row each. */
export function thingRowsOf(items: readonly ConsumerItem[], heardAtMs: number): Row[] {
  const heard = new Map<string, { last: Origin; health?: Origin }>();
  for (const item of items) if (hasRow(item)) note(heard, item);
  return [...heard.values()].map(({ last, health }) => thingRow(last, heardAtMs, health));
}

function malformedRow(item: MalformedItem, receivedAtMs: number): Row {
  const { topic, payload, code, message } = item;
  return letterRow({ original: { topic, payload }, code, message, receivedAtMs });
}

function note(heard: Map<string, { last: Origin; health?: Origin }>, item: ResultItem | MessageItem): void {
  const name = `${item.fleet}/${item.thing}`;
  const known = heard.get(name);
  const health = item.kind === 'health' && !isOlder(item, known?.health) ? item : known?.health;
  heard.set(name, health ? { last: item, health } : { last: item });
}

/** 0 is the number of a last will, which is the last word of its life. */
function isOlder(health: Origin, known: Origin | undefined): boolean {
  if (known === undefined || health.boot > known.boot) return false;
  return health.boot < known.boot || (health.seq !== 0 && health.seq <= known.seq);
}
