import path from 'node:path';
import { type DemoOutcome, faultsOf } from '../../demo/run-demo.ts';
import type { CompileOutcome } from '../compile.ts';
import { renderTable } from '../table.ts';
import type { FleetOutcome } from './fleet-tour.ts';

/** What the tour of the one device measured. */
export function describeDevice({ bundle, compiled }: CompileOutcome, outcome: DemoOutcome): string {
  const { fidelity } = compiled;
  const { provenance } = bundle.manifest;
  const rows: [string, string][] = [
    [
      'bundle',
      `${megabytes(bundle.sizeBytes)}, ${percent(bundle.sizeBytes / provenance.float32Bytes)} of the model in fp32 (${megabytes(provenance.float32Bytes)}); the archive has ${megabytes(provenance.source.sizeBytes)}`,
    ],
    ['agreement of int8 with fp32', `${percent(fidelity.agreement)} of ${fidelity.sampleCount} samples`],
    ['right answers', `${outcome.right} of ${outcome.labelled} labelled texts`],
    ['texts per second, burst', Math.round(outcome.textsPerSecond).toLocaleString('en')],
    ['latency on the device, one by one', milliseconds(outcome.deviceMs)],
    ['round trip over MQTT, one by one', milliseconds(outcome.roundTripMs)],
    ['runtime, memory', outcome.rssBytes === undefined ? '–' : megabytes(outcome.rssBytes)],
    ['texts sent → results received', `${outcome.textsSent} → ${outcome.resultsReceived}`],
    [
      'messages sent → received',
      `${outcome.messagesSent} → ${outcome.messagesReceived}, ${outcome.duplicates} twice, ${outcome.missing} missing`,
    ],
    ['runtime, exit code after SIGTERM', String(outcome.runtimeExit)],
  ];
  const lost = faultsOf(outcome).length === 0 ? 'Nothing was lost.' : '';
  return ['\n4. Summary of the one device', renderTable([], rows), lost, ''].join('\n');
}

/** How the rollouts ended, and what became of the texts meanwhile. */
export function describeFleet({ devices, rollouts, traffic }: FleetOutcome): string {
  const { sent, answered, missing, duplicates, byVersion } = traffic;
  const versions = Object.entries(byVersion).map(([version, count]) => `${version}: ${count}`);
  const rows: [string, string][] = [
    ['devices', String(devices)],
    ...rollouts.map(({ id, phase, waves }): [string, string] => [
      `rollout ${id}`,
      `${phase}; ${waves.map(({ name, status }) => `${name} ${status}`).join(', ')}`,
    ]),
    ['texts sent → answered meanwhile', `${sent} → ${answered}, ${missing} messages missing, ${duplicates} twice`],
    ['answered by version', versions.join(', ')],
  ];
  return `\n8. Summary of the fleet\n${renderTable([], rows)}\n`;
}

export function describeEnd(bundle: string, keep: boolean): string {
  return [
    `Next: npx verge classify ${path.relative('.', bundle) || '.'} --text "wake me at seven"`,
    '      npx verge compile YOUR/model.tar.gz --out bundle --samples validation.tsv',
    '      npx verge local up --devices 3, and the commands above against it',
    ...(keep ? [] : ['The page: npm start -- --keep, and open the address that it says']),
    '',
  ].join('\n');
}

function milliseconds({ p50, p99 }: { readonly p50: number; readonly p99: number }): string {
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
