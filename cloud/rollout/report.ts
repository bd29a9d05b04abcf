import { readAloud } from './machine/journal.ts';
import type { DeviceRow, GateProgress, JournalEntry, Phase, RolloutState } from './state.ts';

/** What a rollout came to, for a person who was not there. */
export interface Report {
  readonly id: string;
  readonly phase: Phase;
  readonly why: string | undefined;
  readonly plan: RolloutState['plan'];
  readonly waves: readonly {
    readonly name: string;
    readonly status: string;
    readonly reason: string | undefined;
    readonly counts: Readonly<Record<string, number>>;
    readonly gates: readonly GateProgress[];
    /** Devices that are not as they should be. */
    readonly devices: readonly DeviceRow[];
  }[];
  /** What to do now, the most urgent first. */
  readonly next: readonly string[];
  readonly journal: readonly JournalEntry[];
}

const MAX_LISTED = 50;

export function reportOf(state: RolloutState): Report {
  const waves = state.waves.map(({ name, status, reason, devices, gates }) => {
    const counts: Record<string, number> = {};
    for (const row of devices) counts[row.state] = (counts[row.state] ?? 0) + 1;
    const fine = status === 'reverted' ? 'restored' : 'healthy';
    const odd = devices.filter((row) => row.state !== fine && !(status === 'passed' && row.state === 'restored'));
    return { name, status, reason, counts, gates, devices: odd };
  });
  return {
    id: state.id,
    phase: state.phase,
    why: state.back?.why ?? state.hold?.why,
    plan: state.plan,
    waves,
    next: nextOf(state),
    journal: state.journal,
  };
}

function nextOf({ phase, back, hold, waves, id }: RolloutState): string[] {
  const next: string[] = [];
  for (const { name, status, devices } of waves) {
    const left = devices.filter((row) => row.state !== 'restored');
    if (status === 'reverted' && left.length > 0) {
      next.push(
        `Look at ${listOf(left.map(({ thing }) => thing))} of wave ${name}: not confirmed to be back on what was there before.`,
      );
    }
    const failed = devices.filter((row) => row.state === 'failed');
    if (status === 'passed' && failed.length > 0)
      next.push(`Look at ${listOf(failed.map(({ thing }) => thing))} of wave ${name}: failed there.`);
    const away = devices.filter((row) => row.state === 'silent' || row.state === 'offline');
    if (status === 'passed' && away.length > 0)
      next.push(`Look at ${listOf(away.map(({ thing }) => thing))} of wave ${name}: silent or offline.`);
  }
  if (phase === 'rolled-back' && back)
    next.push('Mend what the reason names, publish it as a new version, and start a new rollout.');
  if (hold?.kind === 'question')
    next.push(`Decide: \`verge rollout approve ${id}\`, or \`verge rollout rollback ${id}\`.`);
  if (hold?.kind === 'paused') next.push(`Go on with \`verge rollout resume ${id}\`.`);
  return next.length > 0 ? next : ['Nothing.'];
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

export function reportToMarkdown({ id, phase, why, plan, waves, next, journal }: Report): string {
  const models = Object.entries(plan.models).map(([model, version]) => `${model} ${version}`);
  const what = [...models, ...(plan.runtime === undefined ? [] : [`verge.Runtime ${plan.runtime}`])].join(', ');
  return [
    `# Rollout ${id}: ${phase}`,
    '',
    `${plain(what)} for the fleet ${plan.fleet}.${why === undefined ? '' : ` ${plain(why)}.`}`,
    '',
    '## What to do',
    '',
    ...next.map((line) => `- ${plain(line)}`),
    '',
    '## Waves',
    ...waves.flatMap((wave) => [
      '',
      `### ${wave.name}: ${wave.status}`,
      '',
      ...(wave.reason === undefined ? [] : [`${plain(wave.reason)}.`, '']),
      `Devices: ${
        Object.entries(wave.counts)
          .map(([state, count]) => `${count} ${state}`)
          .join(', ') || 'none reached'
      }.`,
      ...(wave.gates.length > 0
        ? [
            '',
            '| gate | result | value | sample | passed | failed | inconclusive |',
            '|---|---|---|---|---|---|---|',
            ...wave.gates.map(gateRow),
          ]
        : []),
      ...(wave.devices.length > 0
        ? [
            '',
            '| device | state | why | last heard |',
            '|---|---|---|---|',
            ...wave.devices.slice(0, MAX_LISTED).map(deviceRow),
          ]
        : []),
      ...(wave.devices.length > MAX_LISTED ? [`… and ${wave.devices.length - MAX_LISTED} more in report.json.`] : []),
    ]),
    '',
    '## Journal',
    '',
    ...journal.map((entry) => `- ${plain(readAloud(entry))}`),
    '',
  ].join('\n');
}

function gateRow({ gate, result, value, sample, passes, failures, inconclusive }: GateProgress): string {
  return `| ${plain(gate)} | ${result} | ${value ?? ''} | ${sample ?? ''} | ${passes} | ${failures} | ${inconclusive} |`;
}

function deviceRow({ thing, state, reason = '', lastHeardAt = 'never' }: DeviceRow): string {
  return `| ${thing} | ${state} | ${plain(reason)} | ${lastHeardAt} |`;
}

/** Reasons come from devices: no mark-up of theirs gets through. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').replace(/[|<>[\]`*\\]/g, (mark) => (mark === '`' ? mark : `\\${mark}`));
}
