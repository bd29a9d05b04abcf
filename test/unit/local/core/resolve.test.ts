import { satisfies } from 'semver';
import { describe, expect, it } from 'vitest';
import { jobDocumentSchema } from '../../../../cloud/local/core/cloud/job-document.ts';
import { type Resolvable, resolveDependencies } from '../../../../cloud/local/core/cloud/resolve.ts';
import { afterDeployment, arnsFor } from '../../../../cloud/local/core/cloud/targets.ts';

/** `NAME VERSION` → what it needs. */
const SHOP: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'kiosk 1.0.0': { menu: '>=1.0.0', till: '>=1.0.0' },
  'till 1.0.0': { menu: '<2.0.0' },
  'menu 1.0.0': {},
  'menu 2.0.0': { fonts: '*' },
  'fonts 1.0.0': {},
  'hen 1.0.0': { egg: '*' },
  'egg 1.0.0': { hen: '*' },
};

const components: Resolvable[] = Object.entries(SHOP).map(([key, needs]) => {
  const [name = '', version = ''] = key.split(' ');
  return { name, version, dependencies: new Map(Object.entries(needs)) };
});

/** The newest that fits, as the cloud answers. */
async function find(name: string, requirements: Readonly<Record<string, string>>): Promise<Resolvable | undefined> {
  const fit = components
    .filter((one) => one.name === name)
    .filter(({ version }) => Object.values(requirements).every((range) => satisfies(version, range)));
  const best = fit.at(-1);
  if (!best) throw new Error(`no ${name} for ${JSON.stringify(requirements)}`);
  return best;
}

async function resolve(...roots: string[]): Promise<string[]> {
  const wanted = new Map(roots.map((name) => [name, { 'thinggroup/ovens': '1.0.0' }]));
  return (await resolveDependencies(wanted, find)).map(({ name, version }) => `${name} ${version}`);
}

describe('resolving dependencies', () => {
  it('takes another version where a later requirement rules the first out, and forgets what that one needed', async () => {
    const resolved = await resolve('kiosk');

    expect(resolved).toEqual(['menu 1.0.0', 'till 1.0.0', 'kiosk 1.0.0']);
  });

  it('ends where two components need each other', async () => {
    const resolved = await resolve('hen');

    expect(resolved).toEqual(['egg 1.0.0', 'hen 1.0.0']);
  });

  it('fails with what no version can be for everybody', async () => {
    const wanted = new Map([['menu', { 'thinggroup/ovens': '1.0.0', 'thinggroup/kiosks': '2.0.0' }]]);

    const refused = resolveDependencies(wanted, find);

    await expect(refused).rejects.toThrow(/no menu for .*1\.0\.0.*2\.0\.0/);
  });
});

describe('the targets of a device', () => {
  const documentFor = (target: string, revision: number, versions: object) =>
    jobDocumentSchema.parse({
      deploymentId: 'd',
      configurationArn: `arn:aws:greengrass:eu-west-1:123456789012:configuration:${target}:${revision}`,
      components: versions,
    });

  it('are replaced by a deployment to them, kept beside others, and dropped with a group that was left (G1)', () => {
    const first = afterDeployment({}, documentFor('thinggroup/ovens', 1, { kiosk: { version: '1.0.0' } }), ['ovens']);
    const second = afterDeployment(first, documentFor('thing/oven-1', 1, { menu: { version: '1.0.0' } }), ['ovens']);
    const third = afterDeployment(second, documentFor('thinggroup/ovens', 2, { menu: { version: '1.0.0' } }), [
      'ovens',
    ]);
    const left = afterDeployment(third, documentFor('thinggroup/kiosks', 1, {}), ['kiosks']);

    expect(Object.keys(second)).toEqual(['thinggroup/ovens', 'thing/oven-1']);
    expect(arnsFor(third, 'kiosk')).toEqual([]);
    expect(arnsFor(third, 'menu')).toEqual([
      'arn:aws:greengrass:eu-west-1:123456789012:configuration:thinggroup/ovens:2',
      'arn:aws:greengrass:eu-west-1:123456789012:configuration:thing/oven-1:1',
    ]);
    expect(Object.keys(left)).toEqual(['thing/oven-1', 'thinggroup/kiosks']);
  });
});
