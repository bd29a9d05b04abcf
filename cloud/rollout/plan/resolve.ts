import { rolloutErrors } from '../errors.ts';
import type { FleetPort } from '../ports.ts';
import { MAX_DEVICES, type Plan, type Wave } from './plan-schema.ts';
import { isInShare } from './share.ts';

/** What one deployment goes to, with the things that it reaches. */
export interface Target {
  readonly arn: string;
  readonly kind: 'group' | 'thing';
  readonly name: string;
  readonly things: readonly string[];
}

/**
 * The targets of each wave. A thing group is a target of its own; named things and shares of a group become one target for
 * each thing (docs/decisions/2026-11-24-rollout-targets.md).
 * @throws VergeError ROLLOUT_TARGET_UNKNOWN
 */
export async function resolveWaves({ waves }: Plan, fleet: FleetPort): Promise<readonly (readonly Target[])[]> {
  const resolved: (readonly Target[])[] = [];
  const taken = new Set<string>();
  for (const wave of waves) {
    const targets = await targetsOf(wave, fleet, taken);
    const things = new Set(targets.flatMap((target) => target.things));
    if (things.size === 0) throw unknown(`the wave ${wave.name} reaches no device`);
    if (!wave.challenger) for (const thing of things) taken.add(thing);
    // A challenger's devices are not taken, and as many as any.
    if (Math.max(taken.size, things.size) > MAX_DEVICES) throw unknown(`the plan reaches over ${MAX_DEVICES} devices`);
    resolved.push(targets);
  }
  return resolved;
}

async function targetsOf(wave: Wave, fleet: FleetPort, taken: ReadonlySet<string>): Promise<readonly Target[]> {
  const { group, share, things = [] } = wave;
  if (group !== undefined) {
    return [{ arn: fleet.groupArn(group), kind: 'group', name: group, things: await membersOf(group, wave, fleet) }];
  }
  if (share !== undefined) {
    const members = await membersOf(share.group, wave, fleet);
    return members
      .filter((thing) => isInShare(thing, share.percent) && !taken.has(thing))
      .map((thing) => thingTarget(thing, fleet));
  }
  return [...new Set(things)].toSorted().map((thing) => thingTarget(thing, fleet));
}

async function membersOf(group: string, { name }: Wave, fleet: FleetPort): Promise<readonly string[]> {
  const things = await fleet.thingsIn(group);
  if (things === undefined) throw unknown(`there is no thing group ${group} (wave ${name})`);
  return things.toSorted();
}

function thingTarget(thing: string, fleet: FleetPort): Target {
  return { arn: fleet.thingArn(thing), kind: 'thing', name: thing, things: [thing] };
}

function unknown(what: string): Error {
  return rolloutErrors.make('ROLLOUT_TARGET_UNKNOWN', what);
}
