import { createHash } from 'node:crypto';
import type { AnsweredItem, ConsumerItem, FailedItem, MessageItem, Origin, ResultItem } from '../../consumer/item.ts';
import type { Letter } from '../letter.ts';
import type { TableName } from '../schema/tables.ts';
import type { Row, Value } from '../store.ts';
import { eventValues, healthValues, sampleValues, statisticsValues } from './message-values.ts';
import { storedJson, storedText } from './stored-text.ts';

/** The row of a result or of a message of another stream. @param receivedAtMs by the sink's clock */
export function rowOf(item: ResultItem | MessageItem, receivedAtMs: number): Row {
  const row = (table: TableName, values: readonly Value[]): Row => ({
    table,
    values,
    part: item.id,
    original: item.original(),
  });
  switch (item.kind) {
    case 'result':
      return row('results', item.answered ? answeredValues(item, receivedAtMs) : failedValues(item, receivedAtMs));
    case 'health':
      return row('health', [...originValues(item, receivedAtMs), ...healthValues(item.data)]);
    case 'stats':
      return row('statistics', [...originValues(item, receivedAtMs), ...statisticsValues(item.data)]);
    case 'event':
      return row('events', [...originValues(item, receivedAtMs), ...eventValues(item.data)]);
    case 'sample':
      return row('samples', [...originValues(item, receivedAtMs), ...sampleValues(item.data)]);
  }
}

/** True for what comes from a device and has a row. */
export function hasRow(item: ConsumerItem): item is ResultItem | MessageItem {
  return item.kind !== 'gap' && item.kind !== 'filled' && item.kind !== 'link' && item.kind !== 'malformed';
}

function originValues({ thing, boot, seq, fleet, sentAt }: Origin, receivedAtMs: number): readonly Value[] {
  return [thing, boot, seq, fleet, Date.parse(sentAt), receivedAtMs];
}

function failedValues(item: FailedItem, receivedAtMs: number): readonly Value[] {
  return [
    ...originValues(item, receivedAtMs),
    item.index,
    Date.parse(item.observedAt),
    storedText(item.runtimeVersion),
    item.replay,
    storedText(item.requestId),
    ...Array<null>(17).fill(null),
    item.error.code,
    storedText(item.error.message),
  ];
}

/** One array without parts that are joined: thousands of these are made in a second. */
function answeredValues(item: AnsweredItem, receivedAtMs: number): readonly Value[] {
  const { model, rejected, labels, entities, latencyMs } = item;
  return [
    item.thing,
    item.boot,
    item.seq,
    item.fleet,
    Date.parse(item.sentAt),
    receivedAtMs,
    item.index,
    Date.parse(item.observedAt),
    storedText(item.runtimeVersion),
    item.replay,
    storedText(item.requestId),
    model.name,
    model.version,
    model.digest,
    storedText(item.label),
    item.score,
    rejected ? storedText(rejected.bestLabel) : null,
    rejected?.bestScore ?? null,
    storedJson(item.runnersUp),
    labels ? storedJson(labels) : null,
    entities ? storedJson(entities) : null,
    latencyMs.queue,
    latencyMs.inference,
    item.tokenCount,
    item.truncated,
    item.cached,
    item.trimmed ?? false,
    item.text === undefined ? null : storedText(item.text),
    null,
    null,
  ];
}

/** What is noted of a device beside its messages: that it was heard of, and its newest health message. */
export function thingRow(last: Origin, receivedAtMs: number, health: Origin | undefined): Row {
  return { table: 'things', values: [last.fleet, last.thing, receivedAtMs, health?.boot ?? null, health?.seq ?? null] };
}

/** The row of a dead letter. Copies of one, by topic, bytes and part, have one key. */
export function letterRow(letter: Letter): Row {
  const { original, code, message, part, receivedAtMs } = letter;
  const { topic, payload } = original;
  const digest = createHash('sha256')
    .update(`${topic}\n${part ?? ''}\n`)
    .update(payload)
    .digest('hex');
  const values = [digest, receivedAtMs, storedText(topic), code, storedText(message), part ?? null, payload];
  return { table: 'dead_letters', values, letter };
}
