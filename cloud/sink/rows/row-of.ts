import { createHash } from 'node:crypto';
import type { ConsumerItem, MessageItem, Origin, ResultItem } from '../../consumer/item.ts';
import type { Letter } from '../letter.ts';
import type { TableName } from '../schema/tables.ts';
import type { Row, Value } from '../store.ts';
import { eventValues, healthValues, sampleValues, statisticsValues } from './message-values.ts';
import { storedJson, storedText } from './stored-text.ts';

/** The row of a result or of a message of another stream. @param receivedAtMs by the sink's clock */
export function rowOf(item: ResultItem | MessageItem, receivedAtMs: number): Row {
  const { thing, boot, seq, fleet, sentAt } = item;
  const origin = [thing, boot, seq, fleet, Date.parse(sentAt), receivedAtMs];
  const row = (table: TableName, values: readonly Value[]): Row => ({
    table,
    values: [...origin, ...values],
    part: item.id,
    original: item.original(),
  });
  switch (item.kind) {
    case 'result':
      return row('results', resultValues(item));
    case 'health':
      return row('health', healthValues(item.data));
    case 'stats':
      return row('statistics', statisticsValues(item.data));
    case 'event':
      return row('events', eventValues(item.data));
    case 'sample':
      return row('samples', sampleValues(item.data));
  }
}

/** True for what comes from a device and has a row. */
export function hasRow(item: ConsumerItem): item is ResultItem | MessageItem {
  return item.kind !== 'gap' && item.kind !== 'filled' && item.kind !== 'link' && item.kind !== 'malformed';
}

function resultValues(item: ResultItem): readonly Value[] {
  const head = [
    item.index,
    Date.parse(item.observedAt),
    storedText(item.runtimeVersion),
    item.replay,
    storedText(item.requestId),
  ];
  if (!item.answered) {
    return [...head, ...Array<null>(17).fill(null), item.error.code, storedText(item.error.message)];
  }
  const { model, label, score, rejected, runnersUp, labels, entities, latencyMs } = item;
  return [
    ...head,
    model.name,
    model.version,
    model.digest,
    storedText(label),
    score,
    rejected ? storedText(rejected.bestLabel) : null,
    rejected?.bestScore ?? null,
    storedJson(runnersUp),
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
