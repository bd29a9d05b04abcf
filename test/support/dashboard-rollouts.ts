import { planSchema } from '../../cloud/rollout/plan/plan-schema.ts';
import type { StatePort } from '../../cloud/rollout/ports.ts';
import type { DeviceRow, GateProgress, JournalEntry, RolloutState, WaveState } from '../../cloud/rollout/state.ts';
import { NOON } from './dashboard.ts';

const OPERATOR = 'arn:aws:iam::123456789012:user/ada';
const GROUP = 'arn:aws:iot:eu-west-1:123456789012:thinggroup';

const at = (minute: number): string => new Date(NOON - minute * 60_000).toISOString();
const things = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `oven-${String(from + index).padStart(2, '0')}`);

const CANARY = things(1, 3);
const REST = things(4, 16);

function devices(names: readonly string[], state: DeviceRow['state'], reason?: string): DeviceRow[] {
  return names.map((thing) => ({ thing, state, since: at(5), ...(reason === undefined ? {} : { reason }) }));
}

function gate(
  name: string,
  result: GateProgress['result'],
  value?: number,
  sample?: number,
  before?: number,
): GateProgress {
  return {
    gate: name,
    dryRun: false,
    result,
    passes: result === 'pass' ? 1 : 0,
    failures: result === 'fail' ? 1 : 0,
    inconclusive: 0,
    ...(value === undefined ? {} : { value }),
    ...(sample === undefined ? {} : { sample }),
    ...(before === undefined ? {} : { before }),
  };
}

function wave(
  name: string,
  status: WaveState['status'],
  rows: DeviceRow[],
  version: string,
  more: Partial<WaveState> = {},
): WaveState {
  const names = name === 'canary' ? CANARY : REST;
  return {
    name,
    status,
    since: at(2),
    components: { 'verge.model.intents-mini': version },
    prepared: true,
    approved: false,
    targets: [{ arn: `${GROUP}/bakeries-${name}`, kind: 'group', name: `bakeries-${name}`, things: names }],
    devices: rows,
    gates: [],
    ...more,
  };
}

const said = (minute: number, what: string, words: string, where?: string): JournalEntry => ({
  at: at(minute),
  by: OPERATOR,
  what,
  words,
  ...(where === undefined ? {} : { wave: where }),
});

function rollout(
  version: string,
  startedMinute: number,
  more: Pick<RolloutState, 'phase' | 'waves' | 'journal'> & Partial<RolloutState>,
): RolloutState {
  const plan = planSchema.parse({
    schemaVersion: 1,
    name: `intents-${version.replaceAll('.', '-')}`,
    fleet: 'bakeries',
    models: { 'intents-mini': version },
    waves: [
      {
        name: 'canary',
        group: 'bakeries-canary',
        bake: '10m',
        gates: [
          { metric: 'error-rate', atMost: 0.01, minimumSample: 100 },
          { metric: 'latency-p90', atMost: 1.2, relativeTo: 'before', minimumSample: 200 },
          { metric: 'confidence', atLeast: 0.97, relativeTo: 'before', minimumSample: 200 },
        ],
      },
      { name: 'rest', group: 'bakeries-rest', bake: '10m' },
    ],
  });
  return {
    schemaVersion: 1,
    id: plan.name,
    plan,
    createdAt: at(startedMinute),
    updatedAt: more.journal.at(-1)?.at ?? at(startedMinute),
    latest: {},
    journalDropped: 0,
    ...more,
  };
}

const GATES = ['error-rate ≤ 0.01', 'latency-p90 ≤ 1.2 × before', 'confidence ≥ 0.97 × before'] as const;

/** intents-mini 1.3.0 step by step: the canary installs, bakes, passes; the rest follows. */
export const GOOD_STEPS: readonly RolloutState[] = (() => {
  const journal = [
    said(14, 'started', 'Started intents-1-3-0: 2 waves over 16 devices.'),
    said(13, 'deployed', 'Deployment 41 to bakeries-canary.', 'canary'),
    said(9, 'baking', '3 of 3 devices are healthy; it bakes for 10m.', 'canary'),
    said(4, 'passed', 'All gates pass.', 'canary'),
    said(3, 'deployed', 'Deployment 42 to bakeries-rest.', 'rest'),
    said(1, 'done', '16 of 16 devices answer with 1.3.0.'),
  ];
  const passed = [
    gate(GATES[0], 'pass', 0, 1204),
    gate(GATES[1], 'pass', 1.52, 1204, 1.9),
    gate(GATES[2], 'pass', 0.831, 1204, 0.829),
  ];
  return [
    rollout('1.3.0', 14, {
      phase: 'running',
      waves: [
        wave(
          'canary',
          'deploying',
          [...devices(CANARY.slice(0, 2), 'installing'), ...devices(CANARY.slice(2), 'healthy')],
          '1.3.0',
        ),
        wave('rest', 'waiting', [], '1.3.0'),
      ],
      journal: journal.slice(0, 2),
    }),
    rollout('1.3.0', 14, {
      phase: 'running',
      waves: [
        wave('canary', 'baking', devices(CANARY, 'healthy'), '1.3.0', {
          gates: [gate(GATES[0], 'pass', 0, 412), gate(GATES[1], 'pass', 1.55, 412, 1.9), gate(GATES[2], 'waiting')],
        }),
        wave('rest', 'waiting', [], '1.3.0'),
      ],
      journal: journal.slice(0, 3),
    }),
    rollout('1.3.0', 14, {
      phase: 'done',
      waves: [
        wave('canary', 'passed', devices(CANARY, 'healthy'), '1.3.0', { gates: passed }),
        wave('rest', 'passed', devices(REST, 'healthy'), '1.3.0'),
      ],
      journal,
    }),
  ];
})();

/** intents-mini 1.4.0: the canary's confidence drops, so it is stopped and goes back; the rest never saw it. */
export const STOPPED_STEPS: readonly RolloutState[] = (() => {
  const why = 'confidence is 0.74, and at least 0.97 × 0.831 is asked for.';
  const journal = [
    said(6, 'started', 'Started intents-1-4-0: 2 waves over 16 devices.'),
    said(5, 'deployed', 'Deployment 43 to bakeries-canary.', 'canary'),
    said(4, 'baking', '3 of 3 devices are healthy; it bakes for 10m.', 'canary'),
    said(3, 'failed', `The gate failed: ${why}`, 'canary'),
    said(2, 'reverting', 'Deployment 44 gives bakeries-canary what it had before.', 'canary'),
    said(1, 'rolled-back', '3 of 3 devices answer with 1.3.0 again; 13 never saw 1.4.0.'),
  ];
  const gates = [
    gate(GATES[0], 'pass', 0, 388),
    gate(GATES[1], 'pass', 1.6, 388, 1.55),
    gate(GATES[2], 'fail', 0.74, 388, 0.831),
  ];
  return [
    rollout('1.4.0', 6, {
      phase: 'running',
      waves: [
        wave('canary', 'baking', devices(CANARY, 'healthy'), '1.4.0', {
          gates: GATES.map((name) => gate(name, 'waiting')),
        }),
        wave('rest', 'waiting', [], '1.4.0'),
      ],
      journal: journal.slice(0, 3),
    }),
    rollout('1.4.0', 6, {
      phase: 'rolled-back',
      back: { why: `The gate confidence ≥ 0.97 × before failed in canary: ${why}`, end: 'rolled-back', at: at(3) },
      waves: [
        wave(
          'canary',
          'reverted',
          [
            ...devices(CANARY.slice(0, 2), 'restored'),
            ...devices(
              CANARY.slice(2),
              'failed',
              'MODEL_GOLDEN_FAILED: 3 of 32 golden samples were answered otherwise.',
            ),
          ],
          '1.4.0',
          {
            gates,
            reason: why,
          },
        ),
        wave('rest', 'waiting', [], '1.4.0'),
      ],
      journal,
    }),
  ];
})();

/** Puts a state where `verge rollout` keeps it, in the place of the one before. */
export async function keepState(store: StatePort, state: RolloutState): Promise<void> {
  const before = await store.read(state.id);
  const tag = await store.write(state.id, state, before?.tag);
  if (tag === undefined) throw new Error(`${state.id} was written by somebody else`);
}
