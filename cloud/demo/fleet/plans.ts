import type { PlanInput } from '../../rollout/plan/plan-schema.ts';

export const FLEET = 'bakeries';
export const MODEL = 'intents-mini';
export const CANARIES = 2;

/** The rollouts of the tour, with times that suit a person who waits. */
export interface FleetPlans {
  /** Runtime and model, on devices that have nothing. */
  readonly first: PlanInput;
  /** A model that is compared on live texts before it may answer any. */
  readonly worse: PlanInput;
  /** A model that devices will refuse. */
  readonly failing: PlanInput;
}

export function fleetPlans(things: readonly string[], runtime: string): FleetPlans {
  const canary = { name: 'canary', things: things.slice(0, CANARIES), bake: '8s', deployTimeout: '5m' };
  const rest = { name: 'rest', things: things.slice(CANARIES), bake: '2s', deployTimeout: '5m' };
  const healthy = { metric: 'healthy-share' as const, atLeast: 1, window: '2s' };
  const errors = { metric: 'error-rate' as const, atMost: 0.01, window: '4s', minimumSample: 10 };
  const whole = [
    { ...canary, gates: [healthy, errors] },
    { ...rest, gates: [healthy] },
  ];
  const policies = { silentAfter: '1m' };
  return {
    first: {
      ...{ schemaVersion: 1, name: 'intents-1-0-0', fleet: FLEET, policies, runtime },
      models: { [MODEL]: '1.0.0' },
      waves: whole,
    },
    worse: {
      ...{ schemaVersion: 1, name: 'intents-1-1-0', fleet: FLEET, policies },
      models: { [MODEL]: '1.1.0' },
      waves: [
        {
          ...{ ...canary, name: 'shadow', challenger: true, bake: '30s' },
          gates: [{ metric: 'agreement', atLeast: 0.97, window: '4s', minimumSample: 40 }],
        },
        ...whole,
      ],
    },
    failing: {
      ...{ schemaVersion: 1, name: 'intents-1-2-0', fleet: FLEET, policies },
      models: { [MODEL]: '1.2.0' },
      waves: whole,
    },
  };
}
