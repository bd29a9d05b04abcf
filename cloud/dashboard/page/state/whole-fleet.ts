import type { DeviceRow, LabelCount } from '../../wire/frame.ts';
import type { ShownState } from '../../wire/silence.ts';
import type { WindowName } from '../../wire/windows.ts';
import { count, duration } from './format.ts';
import { STATE_ORDER, stateWords } from './shown-states.ts';
import type { Store } from './store.ts';

export interface Troubled {
  readonly row: DeviceRow;
  readonly state: ShownState;
  readonly why: string;
}

const WEIGHT: Readonly<Partial<Record<ShownState, number>>> = { failed: 3, lost: 2, silent: 2 };

/** A message that has waited for longer than a busy link takes. */
const OLD_OUTBOX_SECONDS = 60;

/** Three heartbeats of the usual length. Whoever listens for as long, and heard results without one, should ask why. */
const HEALTH_DUE_MS = 200_000;

/** Devices that somebody should look at, the worst first. */
export function troubled(store: Store): Troubled[] {
  const isHealthDue = store.nowMs - (store.summary?.startedMs ?? store.nowMs) > HEALTH_DUE_MS;
  const found: (Troubled & { readonly weight: number })[] = [];
  for (const row of store.devices.values()) {
    const state = store.stateOf(row);
    const whys = [
      state === 'silent' || state === 'lost' ? `silent for ${duration(store.nowMs - row.heardMs)}` : '',
      state === 'no-health' && isHealthDue ? 'answers, and has sent no health message' : '',
      row.dropped > 0 ? `${count(row.dropped)} dropped` : '',
      row.drifting > 0 ? `${row.drifting} ${row.drifting === 1 ? 'signal drifts' : 'signals drift'}` : '',
      row.outboxOldestSeconds > OLD_OUTBOX_SECONDS
        ? `${count(row.outbox)} results wait, the oldest for ${duration(row.outboxOldestSeconds * 1000)}`
        : '',
    ].filter((why) => why !== '');
    const weight = (WEIGHT[state] ?? 0) * 10 + whys.length;
    if (weight > 0) found.push({ row, state, why: whys.join(', '), weight });
  }
  return found.sort((a, b) => b.weight - a.weight || (a.row.thing < b.row.thing ? -1 : 1));
}

export interface Readiness {
  readonly ready: number;
  readonly devices: number;
  /** The states of the others, the worst first: `2 silent, 1 no health`. */
  readonly others: string;
}

/** How many devices are ready, and what the others are. */
export function readiness(store: Store): Readiness {
  const states = new Map<ShownState, number>();
  for (const row of store.devices.values()) {
    const state = store.stateOf(row);
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  const others = STATE_ORDER.filter((state) => state !== 'ready' && states.has(state));
  return {
    ready: states.get('ready') ?? 0,
    devices: store.devices.size,
    others: others.map((state) => `${count(states.get(state) ?? 0)} ${stateWords(state)}`).join(', '),
  };
}

/** The labels of all models together in a window, the most frequent first. */
export function topLabels(store: Store, window: WindowName): { readonly labels: LabelCount[]; readonly total: number } {
  const counts = new Map<string, number>();
  let total = 0;
  for (const version of store.versions.values()) {
    const { labels, answered } = version.windows[window];
    total += answered;
    for (const { label, count: times } of labels) counts.set(label, (counts.get(label) ?? 0) + times);
  }
  const labels = [...counts]
    .map(([label, times]) => ({ label, count: times }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
  return { labels, total };
}
