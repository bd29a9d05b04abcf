import { secondsOf } from '../plan/duration.ts';
import type { Action, RolloutState, WaveState } from '../state.ts';
import { isEnded } from '../state.ts';
import { quantity } from './begin.ts';
import { classifyDevices } from './classify-device.ts';
import { measureGates } from './gates.ts';
import { withEntry } from './journal.ts';
import type { Observation } from './observation.ts';
import { stepBack, takeBack, turnBack } from './step-back.ts';

/** When, and in whose name. */
export interface Moment {
  readonly now: Date;
  readonly by: string;
}

/**
 * One step of a rollout, as a pure function of what is known: at most one decision, and at most one action, which then stands
 * in `pending`. The same state comes back where there is nothing to decide yet.
 */
export function step(before: RolloutState, observation: Observation, moment: Moment): RolloutState {
  const { listeningSinceMs } = observation;
  if (isEnded(before) || before.pending) return before;
  // To take back what harms needs no ear; whether it worked does.
  if (listeningSinceMs === undefined) return before.phase === 'reverting' ? (takeBack(before) ?? before) : before;
  const state = withTables(before, { ...observation, listeningSinceMs }, moment);
  if (state.phase === 'reverting') return stepBack(state, listeningSinceMs, moment);
  const index = state.waves.findIndex(({ status }) => status !== 'passed');
  const wave = state.waves[index];
  if (wave === undefined) return finish(state, moment);
  if (state.hold) return state;
  const current = { state, wave, index, observation: { ...observation, listeningSinceMs }, moment };
  if (wave.status === 'waiting') return begin(current);
  if (wave.status === 'listening') return listen(current);
  if (wave.status === 'deploying') return deploy(current);
  if (wave.status === 'baking') return bake(current);
  return clear(current);
}

/** What was seen while devices could be heard. */
export type Listening = Observation & { readonly listeningSinceMs: number };

interface Current {
  readonly state: RolloutState;
  readonly wave: WaveState;
  readonly index: number;
  readonly observation: Listening;
  readonly moment: Moment;
}

/** Tables of the waves that are under way; those that passed keep their last. */
function withTables(state: RolloutState, { devices, listeningSinceMs }: Listening, { now }: Moment): RolloutState {
  const silentAfterSeconds = secondsOf(state.plan.policies.silentAfter);
  const context = { nowMs: now.getTime(), silentAfterSeconds, listeningSinceMs };
  const waves = state.waves.map((wave) =>
    ['deploying', 'baking', 'clearing', 'reverting'].includes(wave.status)
      ? { ...wave, devices: classifyDevices(wave, devices, context) }
      : wave,
  );
  return { ...state, waves };
}

function begin({ state, wave, index, moment }: Current): RolloutState {
  if (!wave.prepared) return withAction(state, { kind: 'prepare', wave: index, target: 0 });
  const relative = gatesOf(state, index).some(({ relativeTo }) => relativeTo === 'before');
  const listens = relative && secondsOf(state.plan.policies.listenBefore) > 0;
  const size = quantity(new Set(wave.targets.flatMap(({ things }) => things)).size, 'device');
  const words = listens
    ? `Wave ${wave.name}: listening for ${state.plan.policies.listenBefore} to what ${size} run now.`
    : `Wave ${wave.name}: deploying to ${size}.`;
  return enter(state, index, listens ? 'listening' : 'deploying', moment, words);
}

function listen({ state, wave, index, observation, moment }: Current): RolloutState {
  const fromMs = Math.max(Date.parse(wave.since), observation.listeningSinceMs);
  const toMs = moment.now.getTime();
  if (toMs - fromMs < secondsOf(state.plan.policies.listenBefore) * 1000) return state;
  const things = [...new Set(wave.targets.flatMap((target) => target.things))];
  const gates = wave.gates.map((progress, place) => {
    const gate = gatesOf(state, index)[place];
    if (gate?.relativeTo !== 'before') return progress;
    const { value } = observation.measure({ gate, things, components: wave.components, fromMs, toMs, of: 'before' });
    return value === undefined ? progress : { ...progress, before: value };
  });
  const known = gates.flatMap(({ gate, before }) =>
    before === undefined ? [] : [`${gate.split(' ')[0]} ${rounded(before)}`],
  );
  const heard =
    known.length > 0 ? `the version before has ${known.join(', ')}` : 'nothing was heard of the version before';
  return enter(
    withWave(state, index, { gates }),
    index,
    'deploying',
    moment,
    `Wave ${wave.name}: ${heard}; deploying.`,
  );
}

function deploy({ state, wave, index, observation, moment }: Current): RolloutState {
  const target = wave.targets.findIndex(({ deployment }) => deployment === undefined);
  const failure = tooManyFailed(state, wave, index);
  if (failure !== undefined) return turnBack(state, index, failure, moment);
  if (target >= 0) return withAction(state, { kind: 'deploy', wave: index, target });
  const count = (...states: string[]): number => wave.devices.filter((row) => states.includes(row.state)).length;
  const settled = count('healthy', 'failed');
  const { bake } = state.plan.waves[index] ?? { bake: '0s' };
  const baking = `baking for ${bake}`;
  if (settled === wave.devices.length) {
    return enter(
      state,
      index,
      'baking',
      moment,
      `Wave ${wave.name}: ${quantity(count('healthy'), 'device')} healthy, ${count('failed')} failed; ${baking}.`,
    );
  }
  const deployedMs = Math.max(...wave.targets.map(({ deployment }) => Date.parse(deployment?.at ?? '')));
  const limit = state.plan.waves[index]?.deployTimeout ?? '1h';
  // Devices are given the whole time in which they can be heard.
  const waitedMs = moment.now.getTime() - Math.max(deployedMs, observation.listeningSinceMs);
  if (waitedMs < secondsOf(limit) * 1000) return state;
  const missing = `${quantity(wave.devices.length - settled, 'device')} did not confirm within ${limit} (${count('silent', 'offline')} of them silent or offline)`;
  const policy = state.plan.policies.silentDevices;
  if (policy === 'fail') return turnBack(state, index, missing, moment);
  if (policy === 'ignore' || wave.approved) {
    return enter(
      withWave(state, index, { approved: false }),
      index,
      'baking',
      moment,
      `Wave ${wave.name}: ${missing}; going on without them, ${baking}.`,
    );
  }
  return ask(state, index, 'devices', `${missing}: approve to go on without them, or roll back`, moment);
}

function bake({ state, wave, index, observation, moment }: Current): RolloutState {
  const failure = tooManyFailed(state, wave, index);
  if (failure !== undefined) return turnBack(state, index, failure, moment);
  const gates = measureGates(wave, gatesOf(state, index), observation, moment.now.getTime());
  const measured = withNews(withWave(state, index, { gates: [...gates] }), wave, index, moment);
  const failed = gates.find(({ result, dryRun }) => result === 'fail' && !dryRun);
  if (failed) return turnBack(measured, index, `the gate ${failed.gate} failed at ${rounded(failed.value)}`, moment);
  const bakedMs = moment.now.getTime() - Date.parse(wave.since);
  if (bakedMs < secondsOf(state.plan.waves[index]?.bake ?? '0s') * 1000) return measured;
  if (gates.some(({ result }) => result === 'waiting')) return measured;
  const open = gates.filter(({ result, dryRun }) => result === 'inconclusive' && !dryRun);
  if (open.length > 0 && !wave.approved) {
    const which = open.map(({ gate, sample = 0 }) => `${gate} (sample ${sample})`).join(', ');
    return ask(measured, index, 'gates', `inconclusive: ${which}; approve to go on, or roll back`, moment);
  }
  if (state.plan.waves[index]?.approval && !wave.approved) {
    return ask(measured, index, 'gates', 'the gates passed, and the plan asks for approval', moment);
  }
  if (!state.plan.waves[index]?.challenger)
    return enter(measured, index, 'passed', moment, `Wave ${wave.name} passed.`);
  return enter(measured, index, 'clearing', moment, `Wave ${wave.name}: the gates passed; taking the challenger away.`);
}

/** A challenger is taken away as a failed wave would be, and then the wave has passed. */
function clear({ state, wave, index, observation, moment }: Current): RolloutState {
  const target = wave.targets.findIndex(({ deployment, revert }) => deployment && !revert);
  if (target >= 0) return withAction(state, { kind: 'revert', wave: index, target });
  const left = wave.devices.filter((row) => row.state !== 'restored');
  const waitedMs = moment.now.getTime() - Math.max(Date.parse(wave.since), observation.listeningSinceMs);
  if (left.length > 0 && waitedMs < secondsOf(state.plan.policies.rollbackTimeout) * 1000) return state;
  const rest =
    left.length > 0 ? ` ${quantity(left.length, 'device')} did not confirm that the challenger is gone.` : '';
  return enter(state, index, 'passed', moment, `Wave ${wave.name} passed.${rest}`);
}

function finish(state: RolloutState, { now, by }: Moment): RolloutState {
  const { hold: _, ...going } = state;
  return withEntry(
    { ...going, phase: 'done' },
    { at: now.toISOString(), by, what: 'done', words: `${state.id} is done: every wave passed.` },
  );
}

function tooManyFailed(state: RolloutState, wave: WaveState, index: number): string | undefined {
  const failed = wave.devices.filter((row) => row.state === 'failed');
  const allowed = state.plan.waves[index]?.failedDevices ?? 0;
  const [first] = failed;
  if (first === undefined || failed.length <= allowed) return undefined;
  return `${quantity(failed.length, 'device')} failed, where ${allowed} may (${first.thing}: ${first.reason ?? 'no reason is given'})`;
}

/** Tells of answers that are other than the one before. */
function withNews(state: RolloutState, before: WaveState, index: number, { now, by }: Moment): RolloutState {
  const at = now.toISOString();
  return (state.waves[index]?.gates ?? []).reduce((told, gate, place) => {
    if (gate.result === before.gates[place]?.result) return told;
    const value = gate.value === undefined ? 'without a value' : `at ${rounded(gate.value)}`;
    const words = `Wave ${before.name}: ${gate.gate} is ${gate.result}, ${value} (sample ${gate.sample ?? 0}).`;
    return withEntry(told, { at, by, what: `gate-${gate.result}`, words, wave: before.name });
  }, state);
}

function ask(
  state: RolloutState,
  index: number,
  about: 'devices' | 'gates',
  why: string,
  { now, by }: Moment,
): RolloutState {
  const at = now.toISOString();
  const wave = state.waves[index]?.name ?? '';
  const held: RolloutState = { ...state, hold: { kind: 'question', about, at, by, why: `wave ${wave}: ${why}` } };
  return withEntry(held, { at, by, what: 'asked', words: `Wave ${wave} waits for a person: ${why}.`, wave });
}

function enter(
  state: RolloutState,
  index: number,
  status: WaveState['status'],
  { now, by }: Moment,
  words: string,
): RolloutState {
  const at = now.toISOString();
  const wave = state.waves[index]?.name ?? '';
  return withEntry(withWave(state, index, { status, since: at, approved: false }), {
    at,
    by,
    what: status,
    words,
    wave,
  });
}

export function withWave(state: RolloutState, index: number, change: Partial<WaveState>): RolloutState {
  return { ...state, waves: state.waves.map((wave, place) => (place === index ? { ...wave, ...change } : wave)) };
}

export function withAction(state: RolloutState, pending: Action): RolloutState {
  return { ...state, pending };
}

function gatesOf(state: RolloutState, index: number) {
  return state.plan.waves[index]?.gates ?? [];
}

function rounded(value: number | undefined): string {
  return value === undefined ? 'no value' : String(Number(value.toPrecision(4)));
}
