import { describeGate } from '../../rollout/plan/gate.ts';
import type { Outline } from '../../rollout/plan/outline.ts';
import type { Plan } from '../../rollout/plan/plan-schema.ts';
import type { RolloutState, WaveState } from '../../rollout/state.ts';
import { printable, renderTable } from '../table.ts';

/** Rows of a table that a person still reads. */
const MAX_ROWS = 200;

/** What a plan changes, on which devices; and what is in its way. */
export function outlineTable(plan: Plan, { changes, problems, waves }: Outline): string {
  const rows = changes.map(({ wave, thing, target, component, from, to }) => [
    wave,
    thing,
    target,
    component,
    from ?? 'none',
    to,
  ]);
  const table = renderTable(
    ['wave', 'device', 'by the deployment of', 'component', 'from', 'to'],
    rows.slice(0, MAX_ROWS),
  );
  const rest = rows.length > MAX_ROWS ? [`… and ${rows.length - MAX_ROWS} more; --json has all.`] : [];
  const steps = plan.waves.map((wave, index) => {
    const devices = new Set(waves[index]?.targets.flatMap(({ things }) => things)).size;
    const gates = wave.gates.length === 0 ? 'no gates' : wave.gates.map(describeGate).join('; ');
    return [wave.name, `${devices}`, wave.challenger ? 'compared' : 'served', wave.bake, gates];
  });
  const found = problems.map(({ kind, wave, thing = '', devices, message }) => [
    kind,
    wave,
    devices > 1 ? `${thing} and ${devices - 1} more` : thing,
    message,
  ]);
  return [
    renderTable(['wave', 'devices', 'models are', 'bake', 'gates'], steps),
    changes.length === 0 ? 'Nothing would change.' : table,
    ...rest,
    ...(found.length > 0 ? [renderTable(['problem', 'wave', 'device', 'what and what to do'], found)] : []),
    '',
  ].join('\n');
}

/** Where a rollout stands. */
export function statusTable(state: RolloutState): string {
  const { id, phase, hold, back, waves, updatedAt } = state;
  const head = `${id}: ${hold ? `${hold.kind === 'paused' ? 'paused' : 'waits for a person'} (${hold.why}, ${hold.by})` : phase}${back ? `: ${back.why}` : ''}. ${updatedAt}`;
  const rows = waves.map((wave) => [
    wave.name,
    wave.status,
    ...COUNTED.map((one) => countOf(wave, one)),
    gatesOf(wave),
  ]);
  const open = waves.flatMap((wave) =>
    wave.devices
      .filter((row) => row.state !== 'healthy' && row.state !== 'restored')
      .map((row) => [wave.name, row.thing, row.state, row.reason ?? '', row.lastHeardAt ?? 'never']),
  );
  const devices =
    open.length > 0 ? [renderTable(['wave', 'device', 'state', 'why', 'last heard'], open.slice(0, MAX_ROWS))] : [];
  return [printable(head), renderTable(['wave', 'status', ...COUNTED, 'gates'], rows), ...devices, ''].join('\n');
}

const COUNTED = ['pending', 'installing', 'healthy', 'failed', 'silent', 'offline', 'restored'] as const;

function countOf({ devices }: WaveState, state: (typeof COUNTED)[number]): string {
  return `${devices.filter((row) => row.state === state).length || ''}`;
}

function gatesOf({ gates }: WaveState): string {
  return gates
    .map(
      ({ gate, result, value }) =>
        `${gate}: ${result}${value === undefined ? '' : ` (${Number(value.toPrecision(4))})`}`,
    )
    .join('\n');
}
