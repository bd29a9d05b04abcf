import { secondsOf } from '../../rollout/plan/duration.ts';
import type { Gate } from '../../rollout/plan/gate.ts';
import type { GateProgress, RolloutState, WaveState } from '../../rollout/state.ts';
import type { GateView, RolloutStatus, RolloutView, WaveView } from '../wire/frame.ts';

/** Lines of a journal that a page shows. */
const MAX_JOURNAL = 200;
/** Devices of a wave that are named. */
const MAX_TROUBLES = 12;
const TROUBLED: ReadonlySet<string> = new Set(['failed', 'silent', 'offline']);
/** From the way there to the way back. */
const STATES = ['pending', 'installing', 'healthy', 'failed', 'silent', 'offline', 'restored'] as const;

/** The state of a rollout as the page shows it. */
export function viewOfRollout(state: RolloutState): RolloutView {
  const { id, plan, phase, hold, back, createdAt, updatedAt, waves, journal } = state;
  const brought = [
    ...Object.entries(plan.models).map(([name, version]) => `${name} ${version}`),
    ...(plan.runtime === undefined ? [] : [`verge.Runtime ${plan.runtime}`]),
  ];
  return {
    id,
    fleet: plan.fleet,
    title: brought.join(', '),
    status: statusOf(phase, hold?.kind),
    startedMs: Date.parse(createdAt),
    updatedMs: Date.parse(updatedAt),
    reason: hold?.why ?? back?.why ?? '',
    waves: waves.map((wave, at) => viewOfWave(wave, plan.waves[at])),
    journal: journal.slice(-MAX_JOURNAL).map(({ at, by, what, words, wave }) => ({
      atMs: Date.parse(at),
      who: by,
      what: wave === undefined ? what : `${wave}: ${what}`,
      why: words,
    })),
  };
}

function statusOf(phase: RolloutState['phase'], hold: 'paused' | 'question' | undefined): RolloutStatus {
  return phase === 'running' && hold !== undefined ? hold : phase;
}

function viewOfWave(wave: WaveState, planned: RolloutState['plan']['waves'][number] | undefined): WaveView {
  const { name, status, since, components, devices, gates, reason = '' } = wave;
  const things = new Set(wave.targets.flatMap((target) => target.things));
  const bakes = status === 'baking' && planned !== undefined;
  return {
    name,
    status,
    devices: Math.max(devices.length, things.size),
    brings: Object.entries(components)
      .map(([component, version]) => `${component.replace(/^verge\.model\./, '')} ${version}`)
      .join(', '),
    counts: STATES.map((state) => ({ state, count: devices.filter((device) => device.state === state).length })),
    gates: gates.map((gate, at) => viewOfGate(gate, planned?.gates[at])),
    troubles: devices
      .filter(({ state }) => TROUBLED.has(state))
      .slice(0, MAX_TROUBLES)
      .map((device) => ({ thing: device.thing, state: device.state, reason: device.reason ?? '' })),
    reason,
    bakeEndsMs: bakes ? Date.parse(since) + secondsOf(planned.bake) * 1000 : null,
  };
}

function viewOfGate(progress: GateProgress, planned: Gate | undefined): GateView {
  const { gate, value, sample, before, result, dryRun, failures } = progress;
  const terms = [
    ...(planned === undefined ? [] : [`every ${planned.window}`]),
    ...(planned !== undefined && planned.minimumSample > 1 ? [`from ${planned.minimumSample} on`] : []),
    ...(failures > 0 ? [`${failures} failed, ${planned?.failureLimit ?? 0} may`] : []),
  ];
  const parts = [
    value === undefined ? '–' : String(Number(value.toPrecision(4))),
    ...(sample === undefined ? [] : [`of ${sample.toLocaleString('en')}`]),
    ...(before === undefined ? [] : [`(before: ${Number(before.toPrecision(4))})`]),
  ];
  return {
    condition: gate.replace(/ \(dry run\)$/, ''),
    terms: terms.join(', '),
    value: parts.join(' '),
    verdict: result,
    reportsOnly: dryRun,
  };
}
