import type { AnsweredItem, GapItem, MalformedItem, MessageItem, ResultItem } from '../../consumer/item.ts';
import {
  type EventRow,
  type ResultFlag,
  type ResultRow,
  type SampleRow,
  type Severity,
  versionId,
} from '../wire/frame.ts';

/** A page shows a line of a text, not the whole of it. */
const MAX_TEXT = 400;
/** Where the text is what is looked at. */
const MAX_SAMPLE_TEXT = 2000;

type EventItem = Extract<MessageItem, { kind: 'event' }>;
type SampleItem = Extract<MessageItem, { kind: 'sample' }>;

/** A device's clock may be wrong by hours: what it says of the future is taken for now. */
export function momentOf(instant: string, nowMs: number): number {
  const atMs = Date.parse(instant);
  return Number.isNaN(atMs) ? nowMs : Math.min(atMs, nowMs);
}

export function latencyOf({ latencyMs }: AnsweredItem): number {
  return latencyMs.queue + latencyMs.inference;
}

/** Best score before rejection. */
export function scoreOf({ rejected, score }: AnsweredItem): number {
  return rejected?.bestScore ?? score;
}

export function resultRow(item: ResultItem, serial: number, nowMs: number): ResultRow {
  const flags: ResultFlag[] = item.replay ? ['replay'] : [];
  const head = {
    serial,
    id: item.id,
    atMs: momentOf(item.observedAt, nowMs),
    fleet: item.fleet,
    thing: item.thing,
    requestId: item.requestId,
    flags,
  };
  if (!item.answered) {
    flags.unshift('failed');
    const error = `${item.error.code}: ${item.error.message}`.slice(0, MAX_TEXT);
    return { ...head, model: '', label: '', score: 0, other: '', latencyMs: 0, error, text: '' };
  }
  if (item.rejected) flags.unshift('rejected');
  if (item.truncated) flags.push('truncated');
  if (item.cached) flags.push('cached');
  return {
    ...head,
    model: versionId(item.model),
    label: item.label,
    score: scoreOf(item),
    other: item.rejected?.bestLabel ?? item.runnersUp[0]?.label ?? '',
    latencyMs: latencyOf(item),
    error: '',
    text: (item.text ?? '').slice(0, MAX_TEXT),
  };
}

const ERRORS: ReadonlySet<string> = new Set([
  'runtime-failed',
  'model-refused',
  'results-dropped',
  'outbox-failing',
  'gap',
]);
const WARNINGS: ReadonlySet<string> = new Set([
  'configuration-invalid',
  'request-refused',
  'source-failing',
  'command-given-up',
  'drift-began',
  'malformed',
]);

export function severityOf(name: string): Severity {
  if (ERRORS.has(name)) return 'error';
  return WARNINGS.has(name) ? 'warning' : 'info';
}

export function eventRow({ id, fleet, thing, data }: EventItem, serial: number, nowMs: number): EventRow {
  const { name, message, code = '', model, at } = data;
  const words = [model?.name, model?.version].filter((word) => word !== undefined).join(' ');
  return {
    serial,
    id,
    atMs: momentOf(at, nowMs),
    fleet,
    thing,
    name,
    severity: severityOf(name),
    message,
    code,
    model: words,
  };
}

export function gapRow(item: GapItem, serial: number, nowMs: number): EventRow {
  const { fleet, thing, boot, stream, missing, fromSeq, toSeq } = item;
  const message = `${missing} ${stream} ${missing === 1 ? 'message is' : 'messages are'} missing (boot ${boot}, ${fromSeq} to ${toSeq}).`;
  const id = `gap ${fleet}/${thing} ${stream} ${boot} ${fromSeq}`;
  return {
    serial,
    id,
    atMs: nowMs,
    fleet,
    thing,
    name: 'gap',
    severity: severityOf('gap'),
    message,
    code: '',
    model: '',
  };
}

/** The topic is the sender's own words, so the row has no device. */
export function malformedRow(
  { topic, payload, code, message }: MalformedItem,
  serial: number,
  nowMs: number,
): EventRow {
  const words = `${topic.slice(0, 200)}: ${message.slice(0, MAX_TEXT)} (${payload.byteLength} bytes)`;
  return {
    serial,
    id: `malformed ${serial}`,
    atMs: nowMs,
    fleet: '',
    thing: '',
    name: 'malformed',
    severity: severityOf('malformed'),
    message: words,
    code,
    model: '',
  };
}

export function sampleRow({ id, fleet, thing, data }: SampleItem, serial: number, nowMs: number): SampleRow {
  const { model, text, label, score, reason, observedAt } = data;
  return {
    serial,
    id,
    atMs: momentOf(observedAt, nowMs),
    fleet,
    thing,
    model: versionId(model),
    text: text.slice(0, MAX_SAMPLE_TEXT),
    label,
    score,
    reason,
  };
}

/** Below it a model was not sure, whatever its own threshold. */
const LOW_SCORE = 0.5;

/** Whether a person should look at the text of an answer, where the device was told to send it along. */
export function isToLookAt(item: AnsweredItem): boolean {
  return item.text !== undefined && (item.rejected !== undefined || scoreOf(item) < LOW_SCORE);
}

export function sampleOfResult(item: AnsweredItem, serial: number, nowMs: number): SampleRow {
  const { id, fleet, thing, model, label, observedAt, text = '' } = item;
  const row = { serial, id, fleet, thing, label, atMs: momentOf(observedAt, nowMs), model: versionId(model) };
  return { ...row, text: text.slice(0, MAX_SAMPLE_TEXT), score: scoreOf(item), reason: 'low-confidence' };
}
