import { satisfies } from 'semver';
import { RUNTIME_COMPONENT } from '../../../recipes/runtime-recipe.ts';
import { componentsOf, roleOf } from '../component-names.ts';
import { inTurn } from '../in-turn.ts';
import type { ComponentSpec, FleetPort, FoundDeployment, KnownComponent } from '../ports.ts';
import { changed } from './change.ts';
import type { Plan } from './plan-schema.ts';
import { resolveWaves, type Target } from './resolve.ts';

/** One component on one device. */
export interface PlannedChange {
  readonly wave: string;
  readonly thing: string;
  /** `group bakeries-canary` */
  readonly target: string;
  readonly component: string;
  readonly from: string | undefined;
  readonly to: string;
}

/** What keeps the plan from being carried out. */
export interface Problem {
  readonly kind: 'conflict' | 'unresolvable' | 'unknown-device';
  readonly wave: string;
  /** One of the devices it is about, and how many there are. */
  readonly thing: string | undefined;
  readonly devices: number;
  /** What is wrong, and what to do. */
  readonly message: string;
}

export interface OutlinedWave {
  readonly name: string;
  readonly components: Readonly<Record<string, string>>;
  readonly targets: readonly Target[];
}

/** A plan against the account as it is: data, printed by `plan` and taken up by `start`. */
export interface Outline {
  readonly waves: readonly OutlinedWave[];
  readonly changes: readonly PlannedChange[];
  readonly problems: readonly Problem[];
  /** Latest deployment of each target that the plan touches; null: none. */
  readonly latest: Readonly<Record<string, string | null>>;
}

type Components = Readonly<Record<string, ComponentSpec>>;

/** Looks at everything and changes nothing. @throws VergeError ROLLOUT_TARGET_UNKNOWN, AWS_… */
export async function outlinePlan(plan: Plan, fleet: FleetPort): Promise<Outline> {
  const targets = await resolveWaves(plan, fleet);
  const waves = plan.waves.map((wave, index) => ({
    name: wave.name,
    components: componentsOf(plan, wave),
    targets: targets[index] ?? [],
  }));
  const things = [...new Set(waves.flatMap((wave) => wave.targets.flatMap((target) => target.things)))];
  const groups = await inTurn(things, (thing) => fleet.groupsOf(thing));
  const reach = new Map(
    things.map((thing, index) => [
      thing,
      [fleet.thingArn(thing), ...(groups[index] ?? []).map((group) => fleet.groupArn(group))],
    ]),
  );
  const arns = [...new Set([...reach.values()].flat())];
  const found = await inTurn(arns, (arn) => fleet.latest(arn));
  const deployed = new Map<string, FoundDeployment | undefined>(arns.map((arn, index) => [arn, found[index]]));
  const known = await knownComponents(plan, fleet);

  const problems: Problem[] = [
    ...missingComponents(plan, known),
    ...things.flatMap((thing, index): Problem[] =>
      groups[index] === undefined
        ? [
            {
              kind: 'unknown-device',
              wave: waveOf(waves, thing),
              thing,
              devices: 1,
              message: `There is no thing ${thing}`,
            },
          ]
        : [],
    ),
  ];
  const changes: PlannedChange[] = [];
  const current = new Map<string, Components>(arns.map((arn) => [arn, deployed.get(arn)?.components ?? {}]));
  for (const [index, wave] of waves.entries()) {
    const standing = new Map(current);
    for (const target of wave.targets) {
      const before = standing.get(target.arn) ?? {};
      standing.set(target.arn, changed(before, wave.components));
      for (const thing of target.things) {
        const has = unionOf(thing, reach, current);
        for (const [component, to] of Object.entries(wave.components)) {
          const from = has.get(component)?.[0]?.version;
          if (from !== to)
            changes.push({ wave: wave.name, thing, target: `${target.kind} ${target.name}`, component, from, to });
        }
      }
    }
    const waveThings = [...new Set(wave.targets.flatMap((target) => target.things))];
    problems.push(...conflictsOf(wave, waveThings, reach, standing, known));
    // A challenger is taken away again before the next wave.
    if (!plan.waves[index]?.challenger) for (const [arn, components] of standing) current.set(arn, components);
  }
  const touched = new Set(waves.flatMap((wave) => wave.targets.map(({ arn }) => arn)));
  const latest = Object.fromEntries([...touched].map((arn) => [arn, deployed.get(arn)?.id ?? null]));
  return { waves, changes, problems, latest };
}

/** Who gives a device which version of each component: the union of its targets (fact G1). */
function unionOf(
  thing: string,
  reach: ReadonlyMap<string, readonly string[]>,
  deployed: ReadonlyMap<string, Components>,
): Map<string, { readonly version: string; readonly arn: string }[]> {
  const union = new Map<string, { readonly version: string; readonly arn: string }[]>();
  for (const arn of reach.get(thing) ?? []) {
    for (const [component, { componentVersion: version }] of Object.entries(deployed.get(arn) ?? {})) {
      if (version !== undefined) union.set(component, [...(union.get(component) ?? []), { version, arn }]);
    }
  }
  return union;
}

/** One problem for each cause, however many devices have it. */
function conflictsOf(
  wave: OutlinedWave,
  things: readonly string[],
  reach: ReadonlyMap<string, readonly string[]>,
  deployed: ReadonlyMap<string, Components>,
  known: ReadonlyMap<string, KnownComponent>,
): Problem[] {
  const found = new Map<string, Problem>();
  const add = (kind: Problem['kind'], thing: string, message: string): void => {
    const same = found.get(message);
    found.set(
      message,
      same ? { ...same, devices: same.devices + 1 } : { kind, wave: wave.name, thing, devices: 1, message },
    );
  };
  for (const thing of things) {
    const union = unionOf(thing, reach, deployed);
    for (const [component, givers] of union) {
      if (new Set(givers.map(({ version }) => version)).size < 2) continue;
      const words = givers.map(({ version, arn }) => `${nameOf(arn, thing)} gives ${version}`).join(', ');
      add(
        'conflict',
        thing,
        `${component}: ${words}; a device takes no two versions: roll it out to the group that has it, or take it out of one of the deployments first`,
      );
    }
    for (const [component, version] of Object.entries(wave.components)) {
      const needs = known.get(`${component} ${version}`)?.dependencies ?? {};
      for (const [needed, range] of Object.entries(needs)) {
        const has = union.get(needed)?.[0]?.version;
        if (has === undefined && needed === RUNTIME_COMPONENT) {
          add(
            'unresolvable',
            thing,
            `${component} ${version} needs ${needed} ${range}, and no deployment brings it; deploy the runtime first`,
          );
        } else if (has !== undefined && !satisfies(has, range)) {
          add(
            'unresolvable',
            thing,
            `${component} ${version} needs ${needed} ${range}, and the device gets ${has}; put a runtime that fits into the plan`,
          );
        }
      }
    }
  }
  return [...found.values()];
}

/** A challenger's component is made of the model's, so that is what must be there. */
async function knownComponents(plan: Plan, fleet: FleetPort): Promise<ReadonlyMap<string, KnownComponent>> {
  const known = new Map<string, KnownComponent>();
  const served = Object.entries(componentsOf(plan, { challenger: false }));
  const found = await inTurn(served, ([name, version]) => fleet.component(name, version));
  for (const [index, [name, version]] of served.entries()) {
    const component = found[index];
    if (component) known.set(`${name} ${version}`, component);
  }
  for (const [name, version] of Object.entries(
    componentsOf({ models: plan.models, runtime: undefined }, { challenger: true }),
  )) {
    const model = roleOf(name)?.model ?? '';
    const same = known.get(`verge.model.${model} ${version}`);
    if (same) known.set(`${name} ${version}`, same);
  }
  return known;
}

function missingComponents(plan: Plan, known: ReadonlyMap<string, KnownComponent>): Problem[] {
  const [first] = plan.waves;
  return Object.entries(componentsOf(plan, { challenger: false })).flatMap(([name, version]): Problem[] => {
    const state = known.get(`${name} ${version}`)?.state;
    if (state === 'deployable') return [];
    const message = `${name} ${version} is ${state ?? 'not published'}; run \`verge publish\` first`;
    return [{ kind: 'unresolvable', wave: first?.name ?? '', thing: undefined, devices: 0, message }];
  });
}

function waveOf(waves: readonly OutlinedWave[], thing: string): string {
  return waves.find(({ targets }) => targets.some(({ things }) => things.includes(thing)))?.name ?? '';
}

function nameOf(arn: string, thing: string): string {
  const [, kind, name = ''] = arn.match(/:(thing|thinggroup)\/(.+)$/) ?? [];
  if (kind === 'thing') return name === thing ? 'the deployment of the thing itself' : `the thing ${name}`;
  return `the group ${name}`;
}
