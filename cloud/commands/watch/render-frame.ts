import Table from 'cli-table3';
import type { ConsumerCounts } from '../../consumer/intake.ts';
import type { ResultItem } from '../../consumer/item.ts';
import { printable } from '../table.ts';
import { flagsOf, latencyOf, runnerUpOf, timeOfDay } from './describe-item.ts';
import type { Tally } from './tally.ts';

export interface Frame {
  /** Host and port, without credentials. */
  readonly broker: string;
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
}

/** Below this, flags are letters. */
const WIDE_COLUMNS = 120;
/** Names of things in a state that is not `ready`. */
const NAMED_THINGS = 3;
/** Below this there is no room for the runner-up and the latency. */
const ROOMY_COLUMNS = 60;
const MIN_SHARED_WIDTH = 4;

/** The whole live view: never wider or taller than the terminal, and nothing in it that a sender could drive it with. */
export function renderFrame(tally: Tally, counts: ConsumerCounts, frame: Frame): string {
  const lines = headLines(tally, counts, frame);
  if (frame.columns < WIDE_COLUMNS)
    lines.push('flags: f failed, r replay, j rejected, t truncated, c cached, m trimmed');
  const head = cutLines(lines, frame.columns);
  const room = Math.max(1, frame.rows - lines.length - 3); // the head of the table, and two lines for the cursor and the prompt
  const results = tally.newest.slice(0, room);
  if (results.length === 0) return `${head}\n\nNo result yet.`;
  return `${head}\n\n${resultTable(results, frame.columns)}`;
}

/** `12 results, 3.4 per second, …`: also the last words of a watch. */
export function countsInWords(tally: Tally, counts: ConsumerCounts): string {
  const { missing, duplicates, malformed, gaps } = counts;
  return [
    quantity(tally.results, 'result'),
    `${quantity(missing, 'message')} missing${gaps > 0 ? ` (${quantity(gaps, 'gap')})` : ''}`,
    quantity(duplicates, 'duplicate'),
    `${malformed} malformed`,
  ].join(' · ');
}

export function quantity(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

function headLines(tally: Tally, counts: ConsumerCounts, { broker, nowMs }: Frame): string[] {
  const { state, reason } = tally.link;
  const lines = [
    `${broker}  ${state === 'connected' ? 'connected' : `waiting (${reason})`}  ${tally.rate(nowMs).toFixed(1)} results per second`,
    countsInWords(tally, counts),
    thingsLine(tally, nowMs),
  ];
  return tally.notice === undefined ? lines : [...lines, tally.notice];
}

function thingsLine(tally: Tally, nowMs: number): string {
  const states = tally.things(nowMs).map(([state, names]) => {
    const few = names.slice(-NAMED_THINGS).join(', ');
    const more = names.length > NAMED_THINGS ? ', …' : '';
    return `${names.length} ${state}${state === 'ready' || state === 'unknown' ? '' : ` (${few}${more})`}`;
  });
  return `${quantity(tally.thingCount, 'thing')}${states.length > 0 ? `: ${states.join(', ')}` : ''}`;
}

interface Column {
  readonly head: string;
  /** Columns that it takes, its gap included; undefined: a share of what the others leave. */
  readonly width?: number;
  readonly share?: number;
  readonly align?: 'right';
  text(item: ResultItem): string;
}

function columnsFor(columns: number, flagWidth: number): readonly Column[] {
  const wide = columns >= WIDE_COLUMNS;
  const all: readonly (Column & { readonly roomyOnly?: true })[] = [
    { head: 'UTC', width: 9, text: ({ observedAt }) => timeOfDay(observedAt) },
    { head: 'thing', share: 22, text: ({ thing }) => thing },
    { head: 'request', share: 26, text: ({ requestId }) => requestId },
    { head: 'label', share: 28, text: (item) => (item.answered ? item.label : 'failed') },
    { head: 'score', width: 6, text: (item) => (item.answered ? item.score.toFixed(3) : '') },
    { head: 'runner-up', share: 24, text: runnerUpOf, roomyOnly: true },
    { head: 'ms', width: 7, align: 'right', text: latencyOf, roomyOnly: true },
    { head: 'flags', width: flagWidth, text: (item) => (wide ? flagsOf(item).join(' ') : letters(flagsOf(item))) },
  ];
  return columns >= ROOMY_COLUMNS ? all : all.filter(({ roomyOnly }) => !roomyOnly);
}

function resultTable(results: readonly ResultItem[], columns: number): string {
  const longestFlags = Math.max(...results.map((item) => flagsOf(item).join(' ').length));
  const shown = columnsFor(columns, columns >= WIDE_COLUMNS ? Math.max(5, longestFlags) + 1 : 6);
  const left = columns - 1 - shown.reduce((sum, { width = 0 }) => sum + width, 0);
  const shares = shown.reduce((sum, { share = 0 }) => sum + share, 0);
  const widths = shown.map(
    ({ width, share = 0 }) => width ?? Math.max(MIN_SHARED_WIDTH, Math.floor((left * share) / shares)),
  );
  const table = new Table({
    head: shown.map(({ head }) => head),
    colWidths: widths,
    colAligns: shown.map(({ align }) => align ?? ('left' as const)),
    style: { head: ['bold'], border: [], compact: true, 'padding-left': 0, 'padding-right': 1 },
    chars: NO_BORDERS,
    wordWrap: false,
  });
  for (const item of results) table.push(shown.map(({ text }, at) => bounded(text(item), widths[at] ?? 0)));
  return table.toString();
}

/** No more of a text than could be shown, since the table is slow to cut long ones; the table cuts it to its columns. */
function bounded(text: string, columns: number): string {
  return printable(text.slice(0, columns)).slice(0, columns);
}

/** `rejected, cached` as `jc`; replay is `r`. */
function letters(flags: readonly string[]): string {
  return flags.map((flag) => (flag === 'rejected' ? 'j' : flag === 'trimmed' ? 'm' : flag.charAt(0))).join('');
}

/** Lines cut to the terminal by the width of their characters, not their number. */
function cutLines(lines: readonly string[], columns: number): string {
  const style = { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 };
  const table = new Table({ colWidths: [columns - 1], style, chars: NO_BORDERS, wordWrap: false });
  for (const line of lines) table.push([bounded(line, columns)]);
  return table.toString();
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
