import type { ConsumerItem, ResultItem } from '../../consumer/item.ts';
import { printable } from '../table.ts';

/** The time of day of an instant in UTC; the words themselves where no clock knows them. */
export function timeOfDay(instant: string): string {
  const time = new Date(instant);
  return Number.isNaN(time.getTime()) ? printable(instant) : time.toISOString().slice(11, 19);
}

/** What is special about a result, a word each. */
export function flagsOf(item: ResultItem): string[] {
  const flags = item.replay ? ['replay'] : [];
  if (!item.answered) return ['failed', ...flags];
  if (item.rejected) flags.push('rejected');
  if (item.truncated) flags.push('truncated');
  if (item.cached) flags.push('cached');
  if (item.trimmed) flags.push('trimmed');
  return flags;
}

/** The second best guess: the model's own best where it was rejected. */
export function runnerUpOf(item: ResultItem): string {
  if (!item.answered) return item.error.code;
  const { rejected, runnersUp } = item;
  const second = rejected ? { label: rejected.bestLabel, score: rejected.bestScore } : runnersUp[0];
  return second ? `${second.label} ${second.score.toFixed(2)}` : '';
}

/** Waiting and inference together, in milliseconds. */
export function latencyOf(item: ResultItem): string {
  return item.answered ? (item.latencyMs.queue + item.latencyMs.inference).toFixed(1) : '';
}

/** One line for a person or for grep; nothing that a sender wrote drives a terminal or begins another line. */
export function describeItem(item: ConsumerItem): string {
  return printable(
    wordsOf(item)
      .filter((word) => word !== '')
      .join('  '),
  );
}

function wordsOf(item: ConsumerItem): string[] {
  switch (item.kind) {
    case 'result': {
      const head = [item.observedAt, `${item.fleet}/${item.thing}`, item.requestId];
      const flags = flagsOf(item).join(',');
      if (!item.answered) return [...head, flags, item.error.code, item.error.message];
      const second = runnerUpOf(item);
      return [...head, item.label, item.score.toFixed(4), second && `(${second})`, `${latencyOf(item)} ms`, flags];
    }
    case 'health':
      return [item.sentAt, `${item.fleet}/${item.thing}`, `health ${item.data.state}`];
    case 'event':
      return [item.sentAt, `${item.fleet}/${item.thing}`, `event ${item.data.name}`, item.data.message];
    case 'stats':
    case 'sample':
      return [item.sentAt, `${item.fleet}/${item.thing}`, item.kind];
    case 'gap':
      return [
        `gap: ${item.missing} messages of ${item.fleet}/${item.thing} ${item.stream} are missing`,
        `(boot ${item.boot}, ${item.fromSeq} to ${item.toSeq})`,
      ];
    case 'filled':
      return [
        `filled: message ${item.seq} of ${item.fleet}/${item.thing} ${item.stream} came late`,
        `(boot ${item.boot})`,
      ];
    case 'malformed':
      return [`malformed: ${item.topic}`, `${item.payload.byteLength} bytes`, item.code, item.message];
    case 'link':
      return [`link: ${item.state}`, item.reason];
  }
}

/** The item as one line of JSON; a malformed message's bytes as base64. */
export function itemToJson(item: ConsumerItem): string {
  if (item.kind !== 'malformed') return JSON.stringify(item); // functions are left out
  const { payload, ...rest } = item;
  return JSON.stringify({ ...rest, payloadBase64: Buffer.from(payload).toString('base64') });
}
