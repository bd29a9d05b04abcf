import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Core, CoreOptions } from '../../../cloud/local/core/start-core.ts';
import { connectedClient, coreWorld, until } from '../../support/core.ts';
import { writeRecipe } from '../../support/recipe.ts';
import { storedZip } from '../../support/stored-zip.ts';

const staysUp = 'echo up; exec sleep 1000';
const quick: Partial<CoreOptions> = { settleMs: 100 };

describe.each(['lite', 'java'] as const)('components on the local core as %s', (personality) => {
  it('run their steps in their work folder, with the nucleus’s environment and variables filled in (facts I1, G6)', async () => {
    const { core } = await coreWorld(personality, quick);
    const names = ['AWS_IOT_THING_NAME', 'AWS_REGION', 'SVCUID', 'AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT'];
    writeRecipe(core, {
      name: 'x.y',
      configuration: { text: 'hello', count: 300 },
      lifecycle: {
        install: 'echo installed > marker',
        run: {
          Script: `cat marker; pwd; echo "$MINE/{configuration:/text}/{configuration:/count}/{work:path}"; ${names.map((name) => `test -n "$${name}" && echo ${name}`).join('; ')}; exec sleep 1000`,
          Setenv: { MINE: '{iot:thingName}' },
        },
      },
    });

    const outcome = await core.deploy({ components: { 'x.y': { version: '1.0.0' } } });
    await core.component('x.y').log.until(names.at(-1) ?? '');

    const work = path.join(core.root, 'work', 'x.y');
    const count = personality === 'java' ? '300.0' : '300';
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    expect(core.component('x.y').log.lines).toEqual(['installed', work, `oven-17/hello/${count}/${work}`, ...names]);
    expect(core.component('x.y').state).toBe('RUNNING');
  });

  it('start after what they depend on, with their artifacts unpacked in a folder of the zip’s name (fact D4)', async () => {
    const { core } = await coreWorld(personality, quick);
    const artifacts = path.join(core.root, 'artifacts', 'model', '1.0.0');
    mkdirSync(artifacts, { recursive: true });
    writeFileSync(path.join(artifacts, 'm.zip'), storedZip({ 'bin/say': '#!/bin/sh\necho from the zip\n' }));
    writeRecipe(core, { name: 'runtime', lifecycle: { run: staysUp } });
    writeRecipe(core, {
      name: 'model',
      dependencies: { runtime: { VersionRequirement: '^1.0.0', DependencyType: 'HARD' } },
      artifacts: [{ Uri: 's3://b/model/1.0.0/m.zip', Unarchive: 'ZIP' }],
      lifecycle: { run: `{artifacts:decompressedPath}/m/bin/say; ${staysUp}` },
    });

    const outcome = await core.deploy({ components: { model: { version: '1.0.0' } } });
    await core.component('model').log.until('up');

    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    expect(core.component('model').log.lines).toEqual(['from the zip', 'up']);
    expect(core.component('runtime').state).toBe('RUNNING');
  });

  it('start again after an accident, and are BROKEN after three errors (facts L7, G10)', async () => {
    const { core } = await coreWorld(personality, quick);
    writeRecipe(core, { name: 'x', lifecycle: { run: staysUp } });
    await core.deploy({ components: { x: { version: '1.0.0' } } });
    const component = core.component('x');

    for (let accident = 1; accident <= 3; accident++) {
      await until(() => component.state === 'RUNNING' && component.log.lines.length === accident);
      component.kill('SIGKILL');
      await until(() => component.restarts === accident || component.state === 'BROKEN');
    }

    expect(component.state).toBe('BROKEN');
    expect(component.restarts).toBe(2);
  });

  it('roll back to the version before on the Java nucleus, and stay BROKEN on lite (fact L3)', async () => {
    const { core } = await coreWorld(personality, { settleMs: 1200 });
    writeRecipe(core, { name: 'x', configuration: { a: 1 }, lifecycle: { run: staysUp } });
    writeRecipe(core, { name: 'x', version: '2.0.0', configuration: { a: 1, b: 2 }, lifecycle: { run: 'exit 3' } });
    await core.deploy({ components: { x: { version: '1.0.0' } } });

    const outcome = await core.deploy({ components: { x: { version: '2.0.0' } } });

    const isJava = personality === 'java';
    expect(outcome).toMatchObject({ status: 'FAILED', reason: 'x 2.0.0 is BROKEN', rolledBack: isJava });
    expect(core.component('x').recipe.version).toBe(isJava ? '1.0.0' : '2.0.0');
    expect(core.component('x').state).toBe(isJava ? 'RUNNING' : 'BROKEN');
    expect(core.configuration('x')).toEqual(isJava ? { a: 1 } : { a: 1, b: 2 });
  });

  it('are restarted by new configuration on lite, and told of it on the Java nucleus (fact L8)', async () => {
    const { core } = await coreWorld(personality, quick);
    writeRecipe(core, { name: 'x', configuration: { a: 1, b: { c: 2 } }, lifecycle: { run: staysUp } });
    await core.deploy({ components: { x: { version: '1.0.0' } } });
    const before = core.component('x').pid;

    const update = { merge: { b: { d: 3 } }, reset: ['/a'] };
    await core.deploy({ components: { x: { version: '1.0.0', configurationUpdate: update } } });

    expect(core.configuration('x')).toEqual({ a: 1, b: { c: 2, d: 3 } });
    expect(core.component('x').pid === before).toBe(personality === 'java');
  });

  it('are asked to stop (facts L9, G10)', async () => {
    const { core } = await coreWorld(personality, { ...quick, stopTimeoutMs: 60_000 });
    const signal = personality === 'java' ? 'INT' : 'TERM';
    writeRecipe(core, {
      name: 'polite',
      lifecycle: { run: `trap "echo bye; exit 0" ${signal}; echo up; while :; do sleep 0.05; done` },
    });
    await core.deploy({ components: { polite: { version: '1.0.0' } } });
    const polite = core.component('polite');
    await polite.log.until('up');

    await core.deploy({ remove: ['polite'] });

    expect(polite.log.lines).toContain('bye');
    expect(() => core.component('polite')).toThrow(/CORE_COMPONENT|no component polite/);
  });

  it('are killed when they are asked to stop and do not (facts L9, G10)', async () => {
    const { core } = await coreWorld(personality, { ...quick, stopTimeoutMs: 200 });
    writeRecipe(core, {
      name: 'stubborn',
      lifecycle: { run: `trap "" INT TERM; echo up; while :; do sleep 0.05; done` },
    });
    await core.deploy({ components: { stubborn: { version: '1.0.0' } } });
    const stubborn = core.component('stubborn');
    await stubborn.log.until('up');

    await core.deploy({ remove: ['stubborn'] });

    expect(stubborn.pid).toBeUndefined();
    expect(() => core.component('stubborn')).toThrow(/CORE_COMPONENT|no component stubborn/);
  });

  it('report their own state', async () => {
    const { core } = await coreWorld(personality, quick);
    const client = await connectedClient(core);

    await client.updateState({ state: 'RUNNING' as never }); // the SDK's enum, by its value

    expect(core.reports).toEqual([{ component: 'tester', state: 'RUNNING' }]);
  });
});

describe('components on the local core as lite', () => {
  it.each([
    [
      'a value of configuration over 1,024 bytes (fact L4)',
      { configuration: { a: 'x'.repeat(1030) } },
      'too large at /a',
    ],
    ['no step that stays up (fact L2)', { lifecycle: { install: 'true' } }, 'no step that stays up'],
  ])('fail to deploy with %s', async (_what, parts, reason) => {
    const { core } = await coreWorld('lite', quick);
    writeRecipe(core, { name: 'x', lifecycle: { run: staysUp }, ...parts });

    const outcome = await core.deploy({ components: { x: { version: '1.0.0' } } });

    expect(outcome).toMatchObject({ status: 'FAILED', reason: expect.stringContaining(reason) });
  });

  it.each([
    ['no runtime in the platform (fact L1)', { platform: { os: 'linux' } }, 'CORE_RECIPE_PLATFORM'],
    ['artifacts without a Uri (fact L1)', { artifacts: [{ URI: 's3://b/x.zip' }] }, 'CORE_RECIPE_INVALID'],
    ['a dependency that there is no recipe of', { dependencies: { other: {} } }, 'CORE_RECIPE_MISSING'],
    ['an artifact that is not there', { artifacts: [{ Uri: 's3://b/x.zip' }] }, 'CORE_ARTIFACT_MISSING'],
  ])('are refused with %s', async (_what, parts, code) => {
    const { core } = await coreWorld('lite', quick);
    writeRecipe(core, { name: 'x', lifecycle: { run: staysUp }, ...parts });

    const [outcome] = await Promise.allSettled([core.deploy({ components: { x: { version: '1.0.0' } } })]);

    expect(outcome).toMatchObject({ reason: { code } });
  });
});

describe('components on the local core as the Java nucleus', () => {
  it('may put a deployment off, and hear when it is over', async () => {
    const { core } = await coreWorld('java', quick);
    writeRecipe(core, { name: 'x', lifecycle: { run: staysUp } });
    writeRecipe(core, { name: 'x', version: '2.0.0', lifecycle: { run: staysUp } });
    await core.deploy({ components: { x: { version: '1.0.0' } } });
    const client = await connectedClient(core, 'x');
    const stream = client.subscribeToComponentUpdates({});
    const events: string[] = [];
    stream.on('message', ({ preUpdateEvent, postUpdateEvent }) => {
      events.push(preUpdateEvent ? `asked while ${core.component('x').recipe.version} runs` : 'over');
      if (postUpdateEvent || !preUpdateEvent) return;
      const recheckAfterMs = events.length < 3 ? 10 : 0;
      void client.deferComponentUpdate({ deploymentId: preUpdateEvent.deploymentId, recheckAfterMs });
    });
    await stream.activate();

    const outcome = await core.deploy({ components: { x: { version: '2.0.0' } } });

    await until(() => events.includes('over'));
    expect(outcome.status).toBe('SUCCEEDED');
    expect(events).toEqual([...Array(3).fill('asked while 1.0.0 runs'), 'over']);
  });

  it('may reject a configuration, and keep the one they have', async () => {
    const { core } = await coreWorld('java', quick);
    writeRecipe(core, { name: 'x', configuration: { good: true }, lifecycle: { run: staysUp } });
    await core.deploy({ components: { x: { version: '1.0.0' } } });
    const client = await connectedClient(core, 'x', core.configuration('x'));
    const stream = client.subscribeToValidateConfigurationUpdates({});
    stream.on('message', ({ validateConfigurationUpdateEvent: event }) => {
      if (!event) return;
      const isGood = event.configuration.good === true;
      const report = { deploymentId: event.deploymentId, status: (isGood ? 'ACCEPTED' : 'REJECTED') as never };
      void client.sendConfigurationValidityReport({ configurationValidityReport: { ...report, message: 'no good' } });
    });
    await stream.activate();

    const update = { merge: { good: false } };
    const outcome = await core.deploy({ components: { x: { version: '1.0.0', configurationUpdate: update } } });

    expect(outcome).toMatchObject({ status: 'FAILED', reason: 'x rejects it: no good' });
    expect(core.configuration('x').good).toBe(true);
  });

  it('may spell a recipe in any case (fact L1)', async () => {
    const { core } = await coreWorld('java', quick);
    writeRecipe(core, { name: 'x', lifecycle: { Run: staysUp }, platform: { OS: 'linux', os: 'linux' } });

    const outcome = await core.deploy({ components: { x: { version: '1.0.0' } } });
    await core.component('x').log.until('up');

    expect(outcome.status).toBe('SUCCEEDED');
    expect(core.component('x').log.lines).toEqual(['up']);
  });

  it('may deploy others where the recipe lets them', async () => {
    const { core } = await coreWorld('java', quick);
    writeRecipe(core, { name: 'x', lifecycle: { run: staysUp } });
    const cli = { 'aws.greengrass.Cli': { 'p:1': { operations: ['*'], resources: ['*'] } } };
    const allowed = await connectedClient(core, 'deployer', { accessControl: cli });
    const other = await connectedClient(core, 'other');
    const rootComponentVersionsToAdd = new Map([['x', '1.0.0']]);

    const [refused] = await Promise.allSettled([other.createLocalDeployment({ rootComponentVersionsToAdd })]);
    await allowed.createLocalDeployment({ rootComponentVersionsToAdd });

    await until(() => core.configuration('x') !== undefined && isRunning(core, 'x'));
    const { components } = await allowed.listComponents({});
    expect(refused.status).toBe('rejected');
    expect(components).toMatchObject([{ componentName: 'x', version: '1.0.0', state: 'RUNNING' }]);
  });
});

function isRunning(core: Core, name: string): boolean {
  try {
    return core.component(name).state === 'RUNNING';
  } catch {
    return false; // not yet deployed
  }
}
