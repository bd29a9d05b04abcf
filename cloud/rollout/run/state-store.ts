import { rolloutErrors } from '../errors.ts';
import type { Moment } from '../machine/step.ts';
import { type Wish, wish } from '../machine/wishes.ts';
import type { StatePort, Stored } from '../ports.ts';
import { type RolloutState, rolloutStateSchema } from '../state.ts';

const MAX_TRIES = 10;

/** @throws VergeError ROLLOUT_UNKNOWN, ROLLOUT_STATE_INVALID, AWS_… */
export async function readState(store: StatePort, id: string): Promise<Stored<RolloutState>> {
  const stored = await store.read(id);
  if (stored === undefined) throw rolloutErrors.make('ROLLOUT_UNKNOWN', `There is no rollout ${JSON.stringify(id)}`);
  const read = rolloutStateSchema.safeParse(stored.state);
  if (read.success) return { state: read.data, tag: stored.tag };
  const [issue] = read.error.issues;
  const what = `The state of ${id} cannot be read: ${issue?.path.join('.') || 'its top'}: ${issue?.message}`;
  throw rolloutErrors.make('ROLLOUT_STATE_INVALID', what);
}

/** Makes the first state. @throws VergeError ROLLOUT_EXISTS, AWS_… */
export async function createState(store: StatePort, state: RolloutState): Promise<void> {
  if ((await store.write(state.id, state, undefined)) !== undefined) return;
  // An answer may be lost after the work was done: then what is there is ours.
  const there = await readState(store, state.id);
  if (there.state.createdAt === state.createdAt && there.state.journal[0]?.by === state.journal[0]?.by) return;
  const { createdAt, journal } = there.state;
  throw rolloutErrors.make('ROLLOUT_EXISTS', `${state.id} was started at ${createdAt} by ${journal[0]?.by}`);
}

/** Carries a person's wish into the state, whoever else writes to it. @throws VergeError ROLLOUT_WISH_IDLE, ROLLOUT_RACED, AWS_… */
export async function makeWish(
  store: StatePort,
  id: string,
  verb: Wish,
  because: string | undefined,
  moment: () => Moment,
): Promise<RolloutState> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const { state, tag } = await readState(store, id);
    const next = wish(state, verb, because, moment());
    if (next === state || (await store.write(id, next, tag)) !== undefined) return next;
  }
  throw rolloutErrors.make('ROLLOUT_RACED', `${id} was written by others ${MAX_TRIES} times in a row`);
}
