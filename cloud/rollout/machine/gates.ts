import { secondsOf } from '../plan/duration.ts';
import type { Gate } from '../plan/gate.ts';
import type { DeviceRow, GateProgress, GateResult, WaveState } from '../state.ts';
import type { Measurement, Observation } from './observation.ts';

/** What one answer comes to. */
export function judge(
  gate: Gate,
  { value, sample }: Measurement,
  before: number | undefined,
): Exclude<GateResult, 'waiting'> {
  if (value === undefined || !Number.isFinite(value) || sample < gate.minimumSample) return 'inconclusive';
  const factor = gate.relativeTo === 'before' ? before : 1;
  if (factor === undefined) return 'inconclusive';
  if (gate.atMost !== undefined && value > gate.atMost * factor) return 'fail';
  if (gate.atLeast !== undefined && value < gate.atLeast * factor) return 'fail';
  return 'pass';
}

/** A gate after all its answers: it fails as soon as more failed than may, and passes with at least one that passed. */
export function resultOf(gate: Gate, { passes, failures, inconclusive }: GateProgress): GateResult {
  if (failures > gate.failureLimit) return 'fail';
  if (passes > 0) return 'pass';
  return inconclusive + failures > 0 ? 'inconclusive' : 'waiting';
}

/** Metrics that are counted from the table; undefined for all others. */
export function countDevices(metric: Gate['metric'], devices: readonly DeviceRow[]): Measurement | undefined {
  const count = (...states: DeviceRow['state'][]): number =>
    devices.filter(({ state }) => states.includes(state)).length;
  const sample = devices.length;
  if (metric === 'healthy-share') return sample === 0 ? { sample } : { value: count('healthy') / sample, sample };
  if (metric === 'failed-devices') return { value: count('failed'), sample };
  if (metric === 'silent-devices') return { value: count('silent', 'offline'), sample };
  return undefined;
}

/** Asks each gate whose window is over once more; those that failed are not asked again. */
export function measureGates(
  wave: WaveState,
  gates: readonly Gate[],
  observation: Observation & { readonly listeningSinceMs: number },
  nowMs: number,
): readonly GateProgress[] {
  const bakedFromMs = Date.parse(wave.since);
  const things = wave.devices.map(({ thing }) => thing);
  return wave.gates.map((progress, index) => {
    const gate = gates[index];
    if (gate === undefined || progress.result === 'fail') return progress;
    const askedMs = progress.measuredAt === undefined ? bakedFromMs : Date.parse(progress.measuredAt);
    // What a process that ended had heard is gone, so a window begins anew with the one that continues.
    const fromMs = Math.max(askedMs, observation.listeningSinceMs);
    if (nowMs - fromMs < secondsOf(gate.window) * 1000) return progress;
    const measured =
      countDevices(gate.metric, wave.devices) ??
      observation.measure({ gate, things, components: wave.components, fromMs, toMs: nowMs, of: 'wave' });
    const answer = judge(gate, measured, progress.before);
    const counted = {
      ...progress,
      passes: progress.passes + (answer === 'pass' ? 1 : 0),
      failures: progress.failures + (answer === 'fail' ? 1 : 0),
      inconclusive: progress.inconclusive + (answer === 'inconclusive' ? 1 : 0),
      sample: measured.sample,
      measuredAt: new Date(nowMs).toISOString(),
    };
    const { value: _, ...plain } = counted;
    const next = measured.value === undefined ? plain : { ...plain, value: measured.value };
    return { ...next, result: resultOf(gate, next) };
  });
}
