import { rolloutErrors } from '../errors.ts';
import { type ActionResult, settle } from '../machine/settle.ts';
import { step } from '../machine/step.ts';
import type { FleetPort, StatePort } from '../ports.ts';
import { reportOf, reportToMarkdown } from '../report.ts';
import { type Action, isEnded, type JournalEntry, type RolloutState } from '../state.ts';
import type { Observer } from './observe.ts';
import { perform } from './perform.ts';
import { readState } from './state-store.ts';

export interface RunOptions {
  readonly fleet: FleetPort;
  readonly store: StatePort;
  readonly observer: Pick<Observer, 'look'>;
  /** ARN of whoever runs it. */
  readonly by: string;
  readonly clock: () => Date;
  /** Waits; rejects with the signal's reason when it is aborted. */
  readonly wait: (ms: number) => Promise<void>;
  readonly pollMs: number;
  /** Hears of every new state, with what was added to the journal. Never throws, never waits. */
  readonly onState?: (state: RolloutState, news: readonly JournalEntry[]) => void;
  readonly signal?: AbortSignal;
}

/** Somebody else's write is met now and then; not for ever. */
const MAX_RACES = 50;

/**
 * Carries a rollout on until it ends or waits for a person: reads the state, does what is pending, looks, decides one step,
 * writes. Every write holds only where nobody wrote meanwhile, so it may be killed anywhere, and run twice at once.
 * @throws VergeError ROLLOUT_…, AWS_…; what was done stands in the state, and running it again goes on from there
 */
export async function runRollout(id: string, options: RunOptions): Promise<RolloutState> {
  const { store, observer, clock, by, wait, pollMs, signal, onState } = options;
  let told: number | undefined;
  let races = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { state, tag } = await readState(store, id);
    const lines = state.journal.length + state.journalDropped;
    if (told === undefined || lines > told)
      onState?.(state, told === undefined ? [] : state.journal.slice(told - lines));
    told = lines;
    if (isEnded(state)) {
      await writeReport(state, store);
      return state;
    }
    const { pending } = state;
    const moment = { now: clock(), by };
    let next: RolloutState;
    if (pending) {
      const result = await perform(state, pending, { fleet: options.fleet, now: moment.now, wait });
      if (result === undefined) {
        await wait(pollMs);
        continue;
      }
      next = settle(state, pending, result, moment);
      if ((await store.write(id, next, tag)) === undefined) {
        await keepResult(id, state, result, options);
        races = raced(id, races);
        continue;
      }
      races = 0;
      continue;
    }
    next = step(state, await observer.look(state), moment);
    const waits = next.hold !== undefined && next.phase === 'running';
    if (!sameBut(state, next)) {
      if ((await store.write(id, next, tag)) === undefined) {
        races = raced(id, races);
        continue;
      }
      races = 0;
    }
    const moved = next.journal.length + next.journalDropped > lines || next.pending !== undefined;
    if (waits && !moved) return next;
    if (!moved) {
      onState?.(next, []);
      await wait(pollMs);
    }
  }
}

/**
 * Somebody wrote while an action was done. A deployment that was made must not be forgotten, whatever they wrote: it is put
 * into the state as it is now, and where the rollout is going back or has ended, it is taken back too.
 */
async function keepResult(
  id: string,
  before: RolloutState,
  result: ActionResult,
  { store, clock, by }: RunOptions,
): Promise<void> {
  const { pending } = before;
  if (pending === undefined || result.kind !== 'deployed') return;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const { state, tag } = await readState(store, id);
    const finds = isSame(state.pending, pending); // whoever does it again finds the deployment
    if (finds || state.waves[pending.wave]?.targets[pending.target]?.deployment) return;
    const moment = { now: clock(), by };
    const kept = settle(state, pending, result, moment);
    const goesBack = state.phase !== 'running';
    const waves = kept.waves.map((wave, index) =>
      goesBack && index === pending.wave
        ? { ...wave, status: 'reverting' as const, since: moment.now.toISOString() }
        : wave,
    );
    const phase = goesBack ? 'reverting' : kept.phase;
    // What they have begun meanwhile stays begun.
    const open = state.pending ? { pending: state.pending } : {};
    if ((await store.write(id, { ...kept, ...open, waves, phase }, tag)) !== undefined) return;
  }
  throw rolloutErrors.make('ROLLOUT_RACED', `${id} was written by others ${MAX_RACES} times in a row`);
}

function isSame(one: Action | undefined, other: Action): boolean {
  return one?.kind === other.kind && one.wave === other.wave && one.target === other.target;
}

function raced(id: string, races: number): number {
  if (races < MAX_RACES) return races + 1;
  throw rolloutErrors.make('ROLLOUT_RACED', `${id} was written by others ${MAX_RACES} times in a row`);
}

function sameBut(before: RolloutState, next: RolloutState): boolean {
  return before === next || JSON.stringify(before) === JSON.stringify(next);
}

/** Beside the state, so that it is there for whoever looks later; the same state gives the same report. */
async function writeReport(state: RolloutState, store: StatePort): Promise<void> {
  const report = reportOf(state);
  await store.writeReport(state.id, 'report.json', `${JSON.stringify(report, undefined, 2)}\n`);
  await store.writeReport(state.id, 'report.md', reportToMarkdown(report));
}
