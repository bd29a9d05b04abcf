import { createHash } from 'node:crypto';
import { challengerComponent } from '../component-names.ts';
import type { ActionResult } from '../machine/settle.ts';
import { changed, holds, restored } from '../plan/change.ts';
import type { JobSettings } from '../plan/job-schema.ts';
import type { FleetPort, FoundDeployment } from '../ports.ts';
import type { Action, RolloutState } from '../state.ts';
import { prepareChallenger } from './prepare-challenger.ts';

export interface PerformOptions {
  readonly fleet: FleetPort;
  readonly now: Date;
  /** Waits between two looks at a component that is being made. */
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * After somebody said stop, another process may be about to make a deployment that it had begun to make. So long one looks
 * before one is sure that it will not.
 */
const GRACE_MS = 30_000;

/**
 * Does what is pending, and looks first whether it is done: asked again after a crash anywhere, it comes to the same.
 * Undefined: ask again in a moment.
 */
export async function perform(
  state: RolloutState,
  action: Action,
  options: PerformOptions,
): Promise<ActionResult | undefined> {
  const wave = state.waves[action.wave];
  const target = wave?.targets[action.target];
  if (wave === undefined || target === undefined) return { kind: 'skipped' };
  const { fleet, now } = options;
  if (action.kind === 'prepare') {
    for (const [model, version] of Object.entries(state.plan.models)) await prepareChallenger(model, version, options);
    const names = Object.keys(state.plan.models).map(challengerComponent);
    return { kind: 'prepared', words: `Wave ${wave.name}: ${names.join(', ')} can be deployed.` };
  }
  const latest = await fleet.latest(target.arn);
  if (action.kind === 'revert') return revert(state, action, latest, options);

  const name = deploymentName(state, action);
  const ours = latest?.name === name;
  const expected = state.latest[target.arn] ?? null;
  if (!ours && state.phase === 'reverting') {
    const stoppedMs = Date.parse(state.back?.at ?? '');
    return now.getTime() - stoppedMs < GRACE_MS ? undefined : { kind: 'skipped' };
  }
  if (!ours && (latest?.id ?? null) !== expected)
    return { kind: 'foreign', id: latest?.id ?? null, name: latest?.name };
  // Where it is there already, what was before it is in the deployment before it.
  const prior = ours ? (expected === null ? undefined : await fleet.deployment(expected)) : latest;
  const before: Record<string, { componentVersion: string } | null> = {};
  for (const component of Object.keys(wave.components)) {
    const { componentVersion, ...more } = { ...prior?.components[component] };
    before[component] = componentVersion === undefined ? null : { ...more, componentVersion };
  }
  if (ours && latest) return { kind: 'deployed', id: latest.id, before, found: true };
  const job = state.plan.waves[action.wave]?.job;
  const id = await fleet.deploy({
    targetArn: target.arn,
    name,
    components: changed(latest?.components ?? {}, wave.components),
    policies: latest?.policies ?? {},
    job: job ? jobConfiguration(job) : (latest?.job ?? {}),
    tags: tagsOf(latest, state.id),
    token: tokenOf([state.id, state.createdAt, 'forward', target.arn, wave.name, expected ?? '']),
  });
  return { kind: 'deployed', id, before, found: false };
}

async function revert(
  state: RolloutState,
  action: Action,
  latest: FoundDeployment | undefined,
  { fleet }: PerformOptions,
): Promise<ActionResult> {
  const wave = state.waves[action.wave];
  const target = wave?.targets[action.target];
  if (wave === undefined || target?.deployment === undefined) return { kind: 'skipped' };
  const name = deploymentName(state, action);
  if (latest?.name === name) return { kind: 'reverted', id: latest.id, foreign: false };
  if (latest === undefined || !holds(latest.components, wave.components))
    return { kind: 'reverted', id: null, foreign: true };
  const foreign = latest.id !== target.deployment.id && latest.id !== state.latest[target.arn];
  const id = await fleet.deploy({
    targetArn: target.arn,
    name,
    components: restored(latest.components, wave.components, target.deployment.before),
    policies: latest.policies,
    // At once: a rate that was meant for the way forward would hold the way back up.
    job: {},
    tags: tagsOf(latest, state.id),
    token: tokenOf([state.id, state.createdAt, 'back', target.arn, wave.name, latest.id]),
  });
  return { kind: 'reverted', id, foreign };
}

/** The same for the same order; 64 characters are the most that the service takes. */
function tokenOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** By it a deployment that was made before a crash is known again. */
export function deploymentName({ id, waves }: RolloutState, { kind, wave }: Action): string {
  return `verge-rollout ${id} ${waves[wave]?.name ?? ''} ${kind === 'deploy' ? 'forward' : 'back'}`;
}

function tagsOf(latest: FoundDeployment | undefined, id: string): Readonly<Record<string, string>> {
  return { ...latest?.tags, 'verge:rollout': id };
}

/** As `CreateDeployment` takes it. */
export function jobConfiguration({
  maximumPerMinute,
  exponential,
  abort,
  inProgressTimeoutInMinutes,
}: JobSettings): object {
  const { baseRatePerMinute, incrementFactor, afterNotifiedThings, afterSucceededThings } = exponential ?? {};
  const criteria =
    afterNotifiedThings === undefined
      ? { numberOfSucceededThings: afterSucceededThings }
      : { numberOfNotifiedThings: afterNotifiedThings };
  return {
    ...(maximumPerMinute === undefined
      ? {}
      : {
          jobExecutionsRolloutConfig: {
            maximumPerMinute,
            ...(exponential
              ? { exponentialRate: { baseRatePerMinute, incrementFactor, rateIncreaseCriteria: criteria } }
              : {}),
          },
        }),
    ...(abort ? { abortConfig: { criteriaList: abort.map((criterion) => ({ ...criterion, action: 'CANCEL' })) } } : {}),
    ...(inProgressTimeoutInMinutes === undefined ? {} : { timeoutConfig: { inProgressTimeoutInMinutes } }),
  };
}
