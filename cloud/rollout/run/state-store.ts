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
  const [issue] = read.error?.issues ?? [];
  const wrong = read.success
    ? contradictionIn(read.data, id)
    : `${issue?.path.join('.') || 'its top'}: ${issue?.message}`;
  if (read.success && wrong === undefined) return { state: read.data, tag: stored.tag };
  throw rolloutErrors.make('ROLLOUT_STATE_INVALID', `The state of ${id} cannot be read: ${wrong}`);
}

/** A wave without its part of the plan would pass without a gate. */
function contradictionIn({ id, plan, waves }: RolloutState, asked: string): string | undefined {
  if (id !== asked) return `id: it is of another rollout, ${JSON.stringify(id)}`;
  const isPlanned = (index: number): boolean => {
    const [wave, planned] = [waves[index], plan.waves[index]];
    return wave?.name === planned?.name && wave?.gates.length === planned?.gates.length;
  };
  const stray = [...Array(Math.max(waves.length, plan.waves.length)).keys()].find((index) => !isPlanned(index));
  return stray === undefined ? undefined : `waves.${stray}: it is not the wave of the plan, or has other gates`;
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
