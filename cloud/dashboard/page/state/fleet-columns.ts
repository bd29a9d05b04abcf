import type { DeviceRow } from '../../wire/frame.ts';
import type { ShownState } from '../../wire/silence.ts';
import { bytes, count, duration, milliseconds, modelWords, rate } from './format.ts';
import { STATE_ORDER, stateWords } from './shown-states.ts';

/** A device as the table lists it, at one moment. */
export interface ListedDevice extends DeviceRow {
  readonly shown: ShownState;
  readonly silentMs: number;
}

export interface Column {
  readonly key: string;
  readonly words: string;
  readonly number: boolean;
  /** How early it is left out where there is no room: 0 never. */
  readonly roomy: 0 | 1 | 2;
  text(row: ListedDevice): string;
  order(row: ListedDevice): number | string;
}

export const COLUMNS: readonly Column[] = [
  {
    key: 'state',
    words: 'State',
    number: false,
    roomy: 0,
    text: ({ shown }) => stateWords(shown),
    order: ({ shown }) => STATE_ORDER.indexOf(shown),
  },
  { key: 'thing', words: 'Thing', number: false, roomy: 0, text: ({ thing }) => thing, order: ({ thing }) => thing },
  { key: 'fleet', words: 'Fleet', number: false, roomy: 1, text: ({ fleet }) => fleet, order: ({ fleet }) => fleet },
  {
    key: 'models',
    words: 'Models',
    number: false,
    roomy: 0,
    text: ({ models }) => models.map(modelWords).join(', ') || '–',
    order: ({ models }) => models.join(),
  },
  {
    key: 'silence',
    words: 'Heard',
    number: true,
    roomy: 0,
    text: ({ silentMs }) => duration(silentMs),
    order: ({ silentMs }) => silentMs,
  },
  {
    key: 'outbox',
    words: 'Outbox',
    number: true,
    roomy: 0,
    text: ({ outbox }) => count(outbox),
    order: ({ outbox }) => outbox,
  },
  {
    key: 'rate',
    words: 'Texts/s',
    number: true,
    roomy: 1,
    text: ({ textsPerSecond }) => rate(textsPerSecond),
    order: ({ textsPerSecond }) => textsPerSecond,
  },
  { key: 'p50', words: 'p50', number: true, roomy: 2, text: ({ p50 }) => milliseconds(p50), order: ({ p50 }) => p50 },
  { key: 'p99', words: 'p99', number: true, roomy: 1, text: ({ p99 }) => milliseconds(p99), order: ({ p99 }) => p99 },
  {
    key: 'restarts',
    words: 'Restarts',
    number: true,
    roomy: 1,
    text: ({ restarts }) => count(restarts),
    order: ({ restarts }) => restarts,
  },
  {
    key: 'drift',
    words: 'Drift',
    number: true,
    roomy: 2,
    text: ({ drifting }) => (drifting === 0 ? '–' : count(drifting)),
    order: ({ drifting }) => drifting,
  },
  {
    key: 'memory',
    words: 'Memory',
    number: true,
    roomy: 2,
    text: ({ rssBytes }) => bytes(rssBytes),
    order: ({ rssBytes }) => rssBytes,
  },
  {
    key: 'runtime',
    words: 'Runtime',
    number: false,
    roomy: 2,
    text: ({ runtimeVersion }) => runtimeVersion,
    order: ({ runtimeVersion }) => runtimeVersion,
  },
];

/** Equal ones stay in the order of their names, so that rows don't dance. */
export function compareRows(key: string, descending: boolean): (a: ListedDevice, b: ListedDevice) => number {
  const column = COLUMNS.find((known) => known.key === key) ?? COLUMNS[1];
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [left, right] = [column?.order(a) ?? 0, column?.order(b) ?? 0];
    if (left !== right) return left < right ? -sign : sign;
    if (a.thing !== b.thing) return a.thing < b.thing ? -1 : 1;
    return a.fleet < b.fleet ? -1 : 1;
  };
}
