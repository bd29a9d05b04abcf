import { createHash } from 'node:crypto';
import type { ConsumerItem, MalformedItem, MessageItem, Origin, ResultItem } from '../../consumer/item.ts';
import type { Original, Row } from '../store.ts';
import { deadLetterRow, hasRow, rowOf, thingRow } from './row-of.ts';

/** The rows that a batch of items makes, in their order; those of the devices last. */
export function rowsOfBatch(items: readonly ConsumerItem[], receivedAtMs: number): Row[] {
  const rows: Row[] = [];
  const heard = new Map<string, { last: Origin; health?: Origin }>();
  for (const item of items) {
    if (item.kind === 'malformed') rows.push(malformedRow(item, receivedAtMs));
    if (!hasRow(item)) continue;
    rows.push(rowOf(item, receivedAtMs));
    note(heard, item);
  }
  for (const { last, health } of heard.values()) rows.push(thingRow(last, receivedAtMs, health));
  return rows;
}

/** What makes copies of a dead letter one: topic and bytes, and which part of them it is about. */
export function digestOf({ topic, payload }: Original, part = ''): string {
  return createHash('sha256').update(`${topic}\n${part}\n`).update(payload).digest('hex');
}

function malformedRow(item: MalformedItem, receivedAtMs: number): Row {
  return deadLetterRow(item, { digest: digestOf(item), code: item.code, message: item.message }, receivedAtMs);
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
