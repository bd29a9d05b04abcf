import { DRIFT_SIGNALS, type DriftSignal } from '../../contract/event.ts';
import type { Settings } from '../../contract/settings.ts';
import { Hysteresis, type HysteresisBounds } from './hysteresis.ts';

export type DriftSettings = Pick<
  Settings,
  'driftPsiBegin' | 'driftPsiEnd' | 'driftRateBegin' | 'driftRateEnd' | 'driftWindows'
>;

export interface DriftChange {
  readonly signal: DriftSignal;
  readonly change: 'began' | 'ended';
  readonly value: number;
  /** The one that was crossed. */
  readonly bound: number;
}

const INDICES: ReadonlySet<DriftSignal> = new Set(['labels', 'confidence', 'length']);

/** What drifts of one model, signal by signal. */
export class DriftWatch {
  readonly #states: ReadonlyMap<DriftSignal, { readonly bounds: HysteresisBounds; readonly state: Hysteresis }>;

  constructor(settings: DriftSettings) {
    this.#states = new Map(
      DRIFT_SIGNALS.map((signal) => {
        const bounds = boundsOf(signal, settings);
        return [signal, { bounds, state: new Hysteresis(bounds) }];
      }),
    );
  }

  /** The signals that drift now. */
  get drifting(): DriftSignal[] {
    return [...this.#states].flatMap(([signal, { state }]) => (state.isOn ? [signal] : []));
  }

  /** Takes one judgement; a signal that is absent says nothing either way. */
  update(signals: ReadonlyMap<DriftSignal, number>): DriftChange[] {
    return [...signals].flatMap(([signal, value]) => {
      const watched = this.#states.get(signal);
      const change = watched?.state.update(value);
      if (watched === undefined || change === undefined) return [];
      return [{ signal, change, value, bound: change === 'began' ? watched.bounds.begin : watched.bounds.end }];
    });
  }
}

function boundsOf(signal: DriftSignal, settings: DriftSettings): HysteresisBounds {
  return INDICES.has(signal)
    ? { begin: settings.driftPsiBegin, end: settings.driftPsiEnd, windows: settings.driftWindows }
    : { begin: settings.driftRateBegin, end: settings.driftRateEnd, windows: settings.driftWindows };
}
