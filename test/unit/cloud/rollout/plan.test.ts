import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { changed, restored } from '../../../../cloud/rollout/plan/change.ts';
import { outlinePlan } from '../../../../cloud/rollout/plan/outline.ts';
import { type PlanInput, planExample, planSchema } from '../../../../cloud/rollout/plan/plan-schema.ts';
import { readPlan } from '../../../../cloud/rollout/plan/read-plan.ts';
import { isInShare } from '../../../../cloud/rollout/plan/share.ts';
import { rolloutStateSchema, stateExample } from '../../../../cloud/rollout/state.ts';
import type { VergeError } from '../../../../component/contract/error.ts';
import { groupArn, RolloutWorld } from '../../../support/rollout-world.ts';

const plan: PlanInput = {
  schemaVersion: 1,
  name: 'x',
  fleet: 'bakeries',
  models: { intents: '2.0.0' },
  waves: [{ name: 'a', group: 'g' }],
};

function refusal(text: string): string {
  try {
    readPlan(text, 'plan.yaml');
  } catch (error) {
    return (error as VergeError).what; // nothing else is thrown
  }
  return 'taken';
}

describe('a plan', () => {
  it('is read from YAML with comments, and every default is filled in', () => {
    const read = readPlan(`# of the bakers\n${stringify(planExample)}`, 'plan.yaml');

    expect(read.waves.map(({ name }) => name)).toEqual(['shadow', 'canary', 'rest']);
    expect(read.policies).toMatchObject({ rollback: 'all', silentAfter: '5m' });
  });

  it.each([
    [
      'a key that there is not',
      'schemaVersion: 1\nname: x\nfleet: b\nmodels: { m: 1.0.0 }\nwaves:\n  - name: a\n    group: g\n    colour: red\n',
      /plan\.yaml:8:\d+: waves\.0: Unrecognized key: "colour"/,
    ],
    [
      'a wave that goes nowhere',
      'schemaVersion: 1\nname: x\nfleet: b\nmodels: { m: 1.0.0 }\nwaves:\n  - name: a\n',
      /plan\.yaml:6:\d+: waves\.0: a wave has exactly one of group, share and things/,
    ],
    [
      'a bound that is out of bounds',
      'schemaVersion: 1\nname: x\nfleet: b\nmodels: { m: 1.0.0 }\nwaves:\n  - { name: a, share: { group: g, percent: 200 } }\n',
      /plan\.yaml:6:\d+: waves\.0\.share\.percent: /,
    ],
    [
      'a window that is longer than the bake',
      'schemaVersion: 1\nname: x\nfleet: b\nmodels: { m: 1.0.0 }\nwaves:\n  - { name: a, group: g, bake: 1m, gates: [{ metric: drift, atMost: 1, window: 2m }] }\n',
      /a window of a gate is longer than the bake time/,
    ],
    ['broken YAML', 'a: [1,\n', /^plan\.yaml:\d+:\d+ is no YAML/],
    ['an empty file', '', /^plan\.yaml:1:1: the plan: /],
    [
      'a bomb of aliases',
      `a: &a [1]\n${Array.from(
        { length: 12 },
        (_, n) =>
          `b${n}: &b${n} [${Array(10)
            .fill(n === 0 ? '*a' : `*b${n - 1}`)
            .join(', ')}]`,
      ).join('\n')}\n`,
      /plan\.yaml is no plain YAML/,
    ],
  ])('with %s is refused with its place', (_, text, words) => {
    const said = refusal(text);

    expect(said).toMatch(words);
  });

  it('never makes the reader fall over, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => typeof refusal(text) === 'string'),
      { numRuns: 300 },
    );
  });
});

describe('a share of a group', () => {
  it('holds every smaller share, and about as much as it says', () => {
    const things = Array.from({ length: 2000 }, (_, index) => `oven-${index}`);

    const [few, many] = [10, 30].map((percent) => things.filter((thing) => isInShare(thing, percent)));

    expect(few?.every((thing) => many?.includes(thing))).toBe(true);
    expect(few?.length).toBeGreaterThan(140);
    expect(few?.length).toBeLessThan(260);
    expect(things.every((thing) => isInShare(thing, 100))).toBe(true);
  });
});

const version = fc.constantFrom('1.0.0', '1.1.0', '2.0.0');
const component = fc.constantFrom('verge.Runtime', 'verge.model.a', 'verge.model.b', 'com.example.X');
const spec = version.map((componentVersion) => ({
  componentVersion,
  configurationUpdate: { merge: '{"role":"primary"}' },
}));
const latest = fc.dictionary(component, spec);
const wanted = fc.dictionary(fc.constantFrom('verge.Runtime', 'verge.model.a', 'verge.model.b'), version);

describe('a change of a deployment', () => {
  it('never touches a foreign component, forward or back, and comes back to what was there', () => {
    fc.assert(
      fc.property(latest, wanted, (before, own) => {
        const forward = changed(before, own);
        const kept = Object.fromEntries(Object.keys(own).map((name) => [name, before[name] ?? null]));
        const back = restored(forward, own, kept);

        const foreign = (all: object): object =>
          Object.fromEntries(Object.entries(all).filter(([name]) => !(name in own)));
        const versions = (all: Readonly<Record<string, { componentVersion: string | undefined }>>): object =>
          Object.fromEntries(Object.entries(all).map(([name, { componentVersion }]) => [name, componentVersion]));
        expect(foreign(forward)).toEqual(foreign(before));
        expect(foreign(back)).toEqual(foreign(before));
        expect(versions(forward)).toMatchObject(own);
        expect(versions(back)).toEqual(versions(before));
      }),
    );
  });

  it('keeps what an operator had configured, allows a step back, and takes the leave back with the next step forward', () => {
    const merge = '{"role":"primary"}';
    const before = { 'verge.model.a': { componentVersion: '2.0.0', configurationUpdate: { merge } } };

    const down = changed(before, { 'verge.model.a': '1.0.0' });
    const up = changed(down, { 'verge.model.a': '3.0.0' });

    expect(down['verge.model.a']?.configurationUpdate).toEqual({ merge: '{"role":"primary","downgrade":"allow"}' });
    expect(up['verge.model.a']?.configurationUpdate).toEqual({ merge, reset: ['/downgrade'] });
  });
});

describe('an outline', () => {
  const before = { 'verge.Runtime': '1.0.0', 'verge.model.intents': '1.0.0' };

  it('lists what changes on which device, and changes nothing', async () => {
    const world = new RolloutWorld({ g: ['a', 'b'] });
    world.given(groupArn('g'), before);
    const made = world.deployments.length;

    const { changes, problems, latest: known } = await outlinePlan(planSchema.parse(plan), world.fleet);

    expect(problems).toEqual([]);
    expect(changes).toEqual(
      ['a', 'b'].map((thing) => ({
        wave: 'a',
        thing,
        target: 'group g',
        component: 'verge.model.intents',
        from: '1.0.0',
        to: '2.0.0',
      })),
    );
    expect(known).toEqual({ [groupArn('g')]: 'd-1' });
    expect(world.deployments).toHaveLength(made);
  });

  it('finds that a device would get two versions, before anything does (G1)', async () => {
    const world = new RolloutWorld({ g: ['a', 'b'], h: ['b', 'c'] });
    world.given(groupArn('g'), before);
    world.given(groupArn('h'), { 'verge.model.intents': '1.0.0' });

    const { problems } = await outlinePlan(planSchema.parse(plan), world.fleet);

    expect(problems).toMatchObject([{ kind: 'conflict', wave: 'a', thing: 'b', devices: 1 }]);
    expect(problems[0]?.message).toMatch(/the group g gives 2\.0\.0, the group h gives 1\.0\.0/);
  });

  it('finds that a runtime is missing or does not fit', async () => {
    const world = new RolloutWorld({ g: ['a'], h: ['b'] });
    world.given(groupArn('h'), { 'verge.Runtime': '2.0.0' });
    const waves = [
      { name: 'a', group: 'g' },
      { name: 'b', group: 'h' },
    ];

    const { problems } = await outlinePlan(planSchema.parse({ ...plan, waves }), world.fleet);

    expect(problems.map(({ kind, wave }) => `${kind} ${wave}`)).toEqual(['unresolvable a', 'unresolvable b']);
    expect(problems[0]?.message).toContain('no deployment brings it');
    expect(problems[1]?.message).toContain('the device gets 2.0.0');
  });

  it('makes of a share one target for each thing, and of later shares what is left', async () => {
    const things = Array.from({ length: 40 }, (_, index) => `oven-${index}`);
    const world = new RolloutWorld({ g: things });
    world.given(groupArn('g'), { 'verge.Runtime': '1.0.0' });
    const waves = [20, 100].map((percent) => ({ name: `w${percent}`, share: { group: 'g', percent } }));

    const { waves: outlined, problems } = await outlinePlan(planSchema.parse({ ...plan, waves }), world.fleet);

    const [first = [], second = []] = outlined.map(({ targets }) => targets.map(({ name }) => name));
    expect(problems).toEqual([]);
    expect([...first, ...second].toSorted()).toEqual(things.toSorted());
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(20);
  });

  it('never lets a plan through that gives a device two versions, whatever groups overlap', async () => {
    const members = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(members, members, version, version, async (g, h, ofG, ofH) => {
        const world = new RolloutWorld({ g, h });
        const shared = g.some((thing) => h.includes(thing));
        world.given(groupArn('g'), { 'verge.Runtime': '1.0.0', 'verge.model.intents': ofG });
        if (!shared || ofG === ofH)
          world.given(groupArn('h'), { 'verge.Runtime': '1.0.0', 'verge.model.intents': ofH });
        await world.begin(plan).catch(() => undefined);
        const { problems } = await outlinePlan(planSchema.parse(plan), world.fleet);
        if (problems.length > 0) return;

        const state = await world.runToTheEnd('x');

        expect(state.phase).toBe('done');
      }),
      { numRuns: 60 },
    );
  });
});

describe('the read model', () => {
  it('has an example that its own schema takes', () => {
    const read = rolloutStateSchema.parse(stateExample);

    expect(read).toEqual(stateExample);
  });
});
