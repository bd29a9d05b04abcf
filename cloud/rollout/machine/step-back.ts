import { secondsOf } from '../plan/duration.ts';
import type { RolloutState, WaveState } from '../state.ts';
import { quantity } from './begin.ts';
import { withEntry } from './journal.ts';
import { type Moment, withAction, withWave } from './step.ts';

/** Stops, and begins to take back the wave, or every wave where the policy says so. */
export function turnBack(state: RolloutState, index: number, why: string, moment: Moment): RolloutState {
  const { name = '' } = state.waves[index] ?? {};
  const all = state.plan.policies.rollback === 'all';
  const scope = all ? 'every wave' : 'the wave';
  const failed = withEntry(withWave(state, index, { status: 'failed', reason: why, since: moment.now.toISOString() }), {
    at: moment.now.toISOString(),
    by: moment.by,
    what: 'failed',
    words: `Wave ${name} failed: ${why}. Taking ${scope} back.`,
    wave: name,
  });
  return goBack(failed, all ? 'all' : 'current', why, 'rolled-back', moment.now);
}

/** Everything of the scope that was deployed and not taken back goes to `reverting`; nothing goes forward any more. */
export function goBack(
  { hold: _, pending, ...state }: RolloutState,
  scope: 'current' | 'all',
  why: string,
  end: 'rolled-back' | 'aborted',
  now: Date,
): RolloutState {
  const at = now.toISOString();
  const waves = state.waves.map((wave, index): WaveState => {
    // A deployment that may be there without our knowing is finished first, so that it can be taken back.
    const begun = wave.targets.some(({ deployment, revert }) => deployment && !revert) || isDeploying(pending, index);
    const inScope = begun && (scope === 'all' || wave.status !== 'passed');
    return inScope ? { ...wave, status: 'reverting', since: at } : wave;
  });
  const open = pending && pending.kind !== 'prepare' ? { pending } : {};
  return { ...state, ...open, phase: 'reverting', back: { why, end, at }, waves };
}

function isDeploying(pending: RolloutState['pending'], index: number): boolean {
  return pending?.kind === 'deploy' && pending.wave === index;
}

/** With the next deployment that is to be taken back, of the last wave that goes back; undefined where none of it is left. */
export function takeBack(state: RolloutState): RolloutState | undefined {
  const wave = state.waves.findLastIndex(({ status }) => status === 'reverting');
  const targets = state.waves[wave]?.targets ?? [];
  const target = targets.findIndex(({ deployment, revert }) => deployment && !revert);
  return target < 0 ? undefined : withAction(state, { kind: 'revert', wave, target });
}

/** The last wave goes first. One deployment at a time; then the devices confirm. */
export function stepBack(state: RolloutState, listeningSinceMs: number, moment: Moment): RolloutState {
  const at = moment.now.toISOString();
  const index = state.waves.findLastIndex(({ status }) => status === 'reverting');
  const wave = state.waves[index];
  if (wave === undefined) {
    const { end, why } = state.back ?? { end: 'rolled-back', why: '' };
    const words = `${state.id} ended as ${end}: ${why}.`;
    return withEntry({ ...state, phase: end }, { at, by: moment.by, what: end, words });
  }
  const taking = takeBack(state);
  if (taking) return taking;
  const reached = new Set(wave.targets.filter(({ revert }) => revert).flatMap(({ things }) => things));
  const left = wave.devices.filter((row) => reached.has(row.thing) && row.state !== 'restored');
  const lastMs = Math.max(
    Date.parse(wave.since),
    listeningSinceMs,
    ...wave.targets.map(({ revert }) => Date.parse(revert?.at ?? wave.since)),
  );
  const limit = state.plan.policies.rollbackTimeout;
  if (left.length > 0 && moment.now.getTime() - lastMs < secondsOf(limit) * 1000) return state;
  const rest =
    left.length > 0
      ? `; ${quantity(left.length, 'device')} did not confirm within ${limit}`
      : ', as every device confirms';
  const words = `Wave ${wave.name} is taken back${rest}.`;
  const next = withWave(state, index, { status: 'reverted', since: at });
  return withEntry(next, { at, by: moment.by, what: 'reverted', words, wave: wave.name });
}
