import { rolloutErrors } from '../errors.ts';
import { isEnded, type RolloutState } from '../state.ts';
import { withEntry } from './journal.ts';
import { type Moment, withWave } from './step.ts';
import { goBack } from './step-back.ts';

export type Wish = 'pause' | 'resume' | 'approve' | 'abort' | 'rollback';

/**
 * What a person wants, carried into the state. `abort` takes back the wave that is under way, `rollback` every wave.
 * @param because the person's reason, for the journal
 * @throws VergeError ROLLOUT_WISH_IDLE where there is nothing that it would change
 */
export function wish(state: RolloutState, verb: Wish, because: string | undefined, { now, by }: Moment): RolloutState {
  const at = now.toISOString();
  const why = because === undefined ? '' : ` (${because})`;
  const idle = (what: string): Error => rolloutErrors.make('ROLLOUT_WISH_IDLE', `${state.id}: ${what}`);
  // A rollout that is done may still be taken back.
  if (isEnded(state) && !(verb === 'rollback' && state.waves.some(({ status }) => status === 'passed'))) {
    throw idle(`it has ended as ${state.phase}`);
  }
  if (state.phase === 'reverting' && verb !== 'resume') throw idle('it is being taken back already');
  const told = (next: RolloutState, what: string, words: string): RolloutState =>
    withEntry(next, { at, by, what, words: `${words}${why}.` });
  const { hold, ...free } = state;
  switch (verb) {
    case 'pause':
      if (hold?.kind === 'paused') throw idle(`it is paused already, by ${hold.by}`);
      // The question would be gone with the pause, unanswered.
      if (hold) throw idle(`it waits for a person already (${hold.why})`);
      return told({ ...state, hold: { kind: 'paused', at, by, why: because ?? 'paused' } }, 'paused', 'Paused');
    case 'resume':
      // A question is not answered by going on; a process that died is continued without a word in the state.
      return hold?.kind === 'paused' ? told(free, 'resumed', 'Resumed') : state;
    case 'approve': {
      if (hold?.kind !== 'question') throw idle('there is no question to approve');
      const index = state.waves.findIndex(({ status }) => status !== 'passed');
      return told(
        hold.about === 'foreign' ? free : withWave(free, index, { approved: true }),
        'approved',
        `Approved: ${hold.why}`,
      );
    }
    case 'abort':
      return told(
        goBack(state, 'current', because ?? 'aborted', 'aborted', now),
        'aborting',
        'Aborting: the wave under way is taken back',
      );
    case 'rollback':
      return told(
        goBack(state, 'all', because ?? 'rolled back by hand', 'rolled-back', now),
        'rolling-back',
        'Rolling back every wave',
      );
  }
}
