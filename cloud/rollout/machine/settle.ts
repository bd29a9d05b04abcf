import type { Action, RolloutState, WaveTarget } from '../state.ts';
import { withEntry } from './journal.ts';
import { type Moment, withWave } from './step.ts';

/** What an action came to. */
export type ActionResult =
  | { readonly kind: 'prepared'; readonly words: string }
  | {
      readonly kind: 'deployed';
      readonly id: string;
      readonly before: NonNullable<WaveTarget['deployment']>['before'];
      /** True where an earlier try had made it already. */
      readonly found: boolean;
    }
  /** Somebody else deployed to the target meanwhile. */
  | { readonly kind: 'foreign'; readonly id: string | null; readonly name: string | undefined }
  /** Nothing was made, and nothing is wanted any more. */
  | { readonly kind: 'skipped' }
  /** `id` null: nothing of the wave is left there, so nothing was deployed. */
  | { readonly kind: 'reverted'; readonly id: string | null; readonly foreign: boolean };

/** The state after its pending action. Asked twice with the same answer, it comes to the same. */
export function settle(state: RolloutState, action: Action, result: ActionResult, moment: Moment): RolloutState {
  const { pending: _, ...done } = state;
  const at = moment.now.toISOString();
  const wave = state.waves[action.wave];
  const target = wave?.targets[action.target];
  if (wave === undefined || target === undefined) return done;
  if (result.kind === 'skipped') return done;
  const entry = (what: string, words: string) => ({ at, by: moment.by, what, words, wave: wave.name });
  const label = `${target.kind} ${target.name}`;
  if (result.kind === 'prepared') {
    return withEntry(withWave(done, action.wave, { prepared: true }), entry('prepared', result.words));
  }
  if (result.kind === 'foreign') {
    const whose = `${result.id ?? 'none'}${result.name === undefined ? '' : ` (${result.name})`}`;
    const why = `the latest deployment of the ${label} is ${whose}, which this rollout did not make`;
    const latest = { ...done.latest, [target.arn]: result.id };
    // Going back there is nothing to ask: what was never deployed needs no way back.
    if (state.phase === 'reverting') return withEntry({ ...done, latest }, entry('foreign', `Left alone: ${why}.`));
    const hold = {
      kind: 'question',
      about: 'foreign',
      at,
      by: moment.by,
      why: `wave ${wave.name}: ${why}: approve to build on it, or roll back`,
    } as const;
    return withEntry({ ...done, latest, hold }, entry('foreign', `Somebody else deployed meanwhile: ${why}.`));
  }
  const put = (change: Partial<WaveTarget>, latest: string | null): RolloutState => {
    const targets = wave.targets.map((one, place) => (place === action.target ? { ...one, ...change } : one));
    return { ...withWave(done, action.wave, { targets }), latest: { ...done.latest, [target.arn]: latest } };
  };
  if (result.kind === 'deployed') {
    const { id, before, found } = result;
    const words = `Wave ${wave.name}: ${found ? 'found the' : 'made the'} deployment ${id} for the ${label}.`;
    return withEntry(put({ deployment: { id, at, before } }, id), entry('deployed', words));
  }
  const words =
    result.id === null
      ? `Wave ${wave.name}: nothing of it is left in the ${label}, so nothing was taken back.`
      : `Wave ${wave.name}: made the deployment ${result.id}, which takes it back from the ${label}${result.foreign ? ' and keeps what somebody else deployed meanwhile' : ''}.`;
  return withEntry(
    put({ revert: { id: result.id, at } }, result.id ?? done.latest[target.arn] ?? null),
    entry('taken-back', words),
  );
}
