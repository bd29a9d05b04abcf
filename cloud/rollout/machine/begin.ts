import { describeGate } from '../plan/gate.ts';
import type { Outline } from '../plan/outline.ts';
import type { Plan } from '../plan/plan-schema.ts';
import { type RolloutState, STATE_SCHEMA_VERSION } from '../state.ts';
import { withEntry } from './journal.ts';

/** The state of a rollout that is about to begin. */
export function beginRollout(plan: Plan, outline: Outline, by: string, now: Date): RolloutState {
  const at = now.toISOString();
  const things = new Set(outline.waves.flatMap(({ targets }) => targets.flatMap((target) => target.things)));
  const state: RolloutState = {
    schemaVersion: STATE_SCHEMA_VERSION,
    id: plan.name,
    plan,
    createdAt: at,
    updatedAt: at,
    phase: 'running',
    latest: { ...outline.latest },
    waves: outline.waves.map(({ name, components, targets }, index) => ({
      name,
      status: 'waiting',
      since: at,
      components: { ...components },
      prepared: !plan.waves[index]?.challenger,
      approved: false,
      targets: targets.map((target) => ({ ...target, things: [...target.things] })),
      devices: [],
      gates: (plan.waves[index]?.gates ?? []).map((gate) => ({
        gate: describeGate(gate),
        dryRun: gate.dryRun,
        result: 'waiting',
        passes: 0,
        failures: 0,
        inconclusive: 0,
      })),
    })),
    journal: [],
    journalDropped: 0,
  };
  const what = Object.entries(plan.models).map(([model, version]) => `${model} ${version}`);
  if (plan.runtime !== undefined) what.push(`the runtime ${plan.runtime}`);
  const size = `${quantity(plan.waves.length, 'wave')} over ${quantity(things.size, 'device')}`;
  return withEntry(state, { at, by, what: 'started', words: `Started ${plan.name}: ${what.join(', ')} in ${size}.` });
}

export function quantity(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
