import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ListEffectiveDeploymentsCommand, ListInstalledComponentsCommand } from '@aws-sdk/client-greengrassv2';
import { RemoveThingFromThingGroupCommand } from '@aws-sdk/client-iot';
import { describe, expect, it } from 'vitest';
import type { PersonalityName } from '../../../cloud/local/core/personality.ts';
import { until } from '../../support/core.ts';
import { startPlaneStack } from '../../support/device-plane.ts';
import {
  deployAndWait,
  deployTo,
  joinTestCore,
  register,
  STAYS_UP,
  whenOver,
  whenReported,
} from '../../support/joined-core.ts';
import { writeRecipe } from '../../support/recipe.ts';
import { scratchFolder } from '../../support/scratch.ts';

const KIOSK = 'com.example.Kiosk';
const MENU = 'com.example.Menu';

describe.each<PersonalityName>(['java', 'lite'])('a %s core that has joined the cloud', (personality) => {
  it('takes a job, fetches the artifact with its role, unpacks and runs it, and says so (D1 to D5)', async () => {
    const stack = await startPlaneStack();
    const lifecycle = { run: `cat {artifacts:decompressedPath}/${KIOSK}/menu.txt && ${STAYS_UP}` };
    await register(stack, KIOSK, { lifecycle, files: { 'menu.txt': 'soup of the day\n' } });
    const { core } = await joinTestCore(stack, personality);

    const { status } = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    const line = await core.component(KIOSK).log.until('soup');
    const reported = await whenReported(stack, [`${KIOSK} 1.0.0 RUNNING`]);
    const client = stack.greengrass();
    const installed = await client.send(new ListInstalledComponentsCommand({ coreDeviceThingName: 'oven-1' }));
    const effective = await client.send(new ListEffectiveDeploymentsCommand({ coreDeviceThingName: 'oven-1' }));

    expect(status).toBe('SUCCEEDED');
    expect(line).toBe('soup of the day');
    expect(reported).toHaveLength(1);
    expect(installed.installedComponents).toMatchObject([
      { componentName: KIOSK, isRoot: true, lastInstallationSource: expect.stringMatching(/thinggroup\/ovens:1$/) },
    ]);
    expect(effective.effectiveDeployments).toMatchObject([{ coreDeviceExecutionStatus: 'SUCCEEDED' }]);
  });

  it('refuses an artifact whose bytes are not those of the digest, and changes nothing (D4)', async () => {
    const stack = await startPlaneStack();
    await register(stack, MENU);
    const uri = await register(stack, KIOSK, { files: { 'menu.txt': 'soup' } });
    const [, bucket = '', key = ''] = uri.match(/^s3:\/\/([^/]+)\/(.+)$/) ?? [];
    const { core, root } = await joinTestCore(stack, personality);
    await deployAndWait(stack, 'ovens', { [MENU]: '1.0.0' });
    await stack.put(bucket, key, 'other bytes');

    const execution = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });

    expect(execution.status).toBe('FAILED');
    expect(execution.statusDetails).toEqual(
      personality === 'lite'
        ? {}
        : {
            'detailed-deployment-status': 'FAILED_NO_STATE_CHANGE',
            'deployment-failure-cause': expect.stringContaining(`${uri} has the digest`),
            'deployment-failure-error-stack':
              '[DEPLOYMENT_FAILURE, ARTIFACT_DOWNLOAD_ERROR, ARTIFACT_CHECKSUM_MISMATCH]',
            'deployment-failure-error-types': '[REQUEST_ERROR]',
          },
    );
    expect(core.component(MENU).state).toBe('RUNNING');
    expect(existsSync(path.join(root, 'packages/artifacts', KIOSK, '1.0.0', `${KIOSK}.zip`))).toBe(false);
    expect(existsSync(path.join(root, 'packages/artifacts', KIOSK, '1.0.0', `${KIOSK}.zip.part`))).toBe(false);
  });

  it('merges configuration, and resets it to the defaults of the recipe (D2)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK, { configuration: { soup: 'pea', prices: { small: 1, large: 2 } } });
    const { core } = await joinTestCore(stack, personality);
    const versions = { [KIOSK]: '1.0.0' };

    await deployAndWait(stack, 'ovens', versions, { merge: { soup: 'leek', prices: { small: 3 }, extra: true } });
    const merged = core.configuration(KIOSK);
    await deployAndWait(stack, 'ovens', versions);
    const kept = core.configuration(KIOSK);
    await deployAndWait(stack, 'ovens', versions, { reset: ['/prices', '/extra'], merge: { prices: { large: 4 } } });
    const reset = core.configuration(KIOSK);

    expect(merged).toEqual({ soup: 'leek', prices: { small: 3, large: 2 }, extra: true });
    expect(kept).toEqual(merged);
    expect(reset).toEqual({ soup: 'leek', prices: { small: 1, large: 4 } });
  });

  it('brings what a component depends on, first, in the newest version that all allow (D3)', async () => {
    const stack = await startPlaneStack();
    for (const version of ['1.0.0', '1.2.0', '2.0.0']) await register(stack, MENU, { version });
    const dependencies = { [MENU]: { VersionRequirement: '>=1.0.0 <2.0.0', DependencyType: 'HARD' } };
    await register(stack, KIOSK, { dependencies });
    const { core } = await joinTestCore(stack, personality);

    const { status } = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    const reported = await whenReported(stack, [`${KIOSK} 1.0.0 RUNNING`, `${MENU} 1.2.0 RUNNING`]);

    expect(status).toBe('SUCCEEDED');
    expect(reported).toHaveLength(2);
    expect(core.component(MENU).stateAgeMs).toBeGreaterThan(core.component(KIOSK).stateAgeMs);
  });

  it('runs the union of its groups, and lets go of what a group no longer asks for (G1)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    await register(stack, MENU);
    await joinTestCore(stack, personality, ['ovens', 'canaries']);

    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    await deployAndWait(stack, 'canaries', { [MENU]: '1.0.0' });
    const union = await whenReported(stack, [`${KIOSK} 1.0.0 RUNNING`, `${MENU} 1.0.0 RUNNING`]);
    await deployAndWait(stack, 'ovens', {});
    const less = await whenReported(stack, [`${MENU} 1.0.0 RUNNING`]);

    expect(union).toHaveLength(2);
    expect(less).toHaveLength(1);
  });

  it('fails where two of its groups want different versions, and keeps what runs (G1)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    await register(stack, KIOSK, { version: '2.0.0' });
    const { core, log } = await joinTestCore(stack, personality, ['ovens', 'canaries']);
    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });

    const { status } = await deployAndWait(stack, 'canaries', { [KIOSK]: '2.0.0' });

    expect(status).toBe('FAILED');
    expect(log.join()).toMatch(/thinggroup\/ovens wants (==)?1\.0\.0, thinggroup\/canaries wants (==)?2\.0\.0/);
    expect(core.component(KIOSK).recipe.version).toBe('1.0.0');
  });

  it('drops what a group brought when it has left that group (G1)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    await register(stack, MENU);
    await joinTestCore(stack, personality, ['ovens', 'canaries']);
    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    const leave = { thingName: 'oven-1', thingGroupName: 'ovens' };
    await stack.iot().send(new RemoveThingFromThingGroupCommand(leave));

    await deployAndWait(stack, 'canaries', { [MENU]: '1.0.0' });
    const reported = await whenReported(stack, [`${MENU} 1.0.0 RUNNING`]);

    expect(reported).toHaveLength(1);
  });

  it('is BROKEN after three failures, and puts the version before back, or leaves it (G10, L3, L7)', async () => {
    const isJava = personality === 'java';
    const stack = await startPlaneStack();
    await register(stack, KIOSK, { lifecycle: { run: `echo begins; ${STAYS_UP}` } });
    // The Java nucleus counts a run step as up at once: a startup step is what it waits for.
    const lifecycle = isJava ? { startup: 'echo tries; exit 3' } : { run: 'echo tries; exit 3' };
    await register(stack, KIOSK, { version: '2.0.0', lifecycle });
    const { core } = await joinTestCore(stack, personality);
    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });

    const execution = await deployAndWait(stack, 'ovens', { [KIOSK]: '2.0.0' });
    const reported = await whenReported(stack, [isJava ? `${KIOSK} 1.0.0 RUNNING` : `${KIOSK} 2.0.0 BROKEN`]);
    const tries = core.component(KIOSK).log.lines.filter((line) => line === 'tries');
    const devices = stack.greengrassService.devices.all();

    expect(execution.status).toBe('FAILED');
    expect(execution.statusDetails['detailed-deployment-status']).toBe(isJava ? 'FAILED_ROLLBACK_COMPLETE' : undefined);
    expect(reported).toHaveLength(1);
    expect(tries).toHaveLength(3);
    expect(devices.map(({ status }) => status)).toEqual([isJava ? 'HEALTHY' : 'UNHEALTHY']);
  });

  it('takes the revision before as a new deployment, after one that broke it (L3)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    await register(stack, KIOSK, { version: '2.0.0', lifecycle: { install: 'exit 1', run: STAYS_UP } });
    await joinTestCore(stack, personality);
    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    await deployAndWait(stack, 'ovens', { [KIOSK]: '2.0.0' });

    const { status } = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    const reported = await whenReported(stack, [`${KIOSK} 1.0.0 RUNNING`]);

    expect(status).toBe('SUCCEEDED');
    expect(reported).toHaveLength(1);
  });

  it('runs after a restart what it ran before, and carries out what was deployed meanwhile', async () => {
    const stack = await startPlaneStack();
    const dependencies = { [MENU]: { VersionRequirement: '^1.0.0' } };
    await register(stack, MENU);
    await register(stack, KIOSK, { dependencies, configuration: { soup: 'pea' } });
    await register(stack, KIOSK, { version: '1.1.0', dependencies });
    const first = await joinTestCore(stack, personality);
    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' }, { merge: { soup: 'leek' } });
    await first.core.close();
    const jobId = await deployTo(stack, 'ovens', { [KIOSK]: '1.1.0' });

    const { core } = await first.restart();
    const before = [core.component(KIOSK).recipe.version, core.component(MENU).recipe.version];
    const { status } = await whenOver(stack, jobId);

    expect(before).toEqual(['1.0.0', '1.0.0']);
    expect(status).toBe('SUCCEEDED');
    expect(core.component(KIOSK).recipe.version).toBe('1.1.0');
    expect(core.configuration(KIOSK)).toMatchObject({ soup: 'leek' });
  });

  it('tells after a restart of what is starting, and again when it has started (G4)', async () => {
    const stack = await startPlaneStack();
    const door = path.join(scratchFolder(), 'open');
    writeFileSync(door, '');
    await register(stack, KIOSK, { lifecycle: { startup: `until [ -e ${door} ]; do sleep 0.02; done` } });
    const first = await joinTestCore(stack, personality);
    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    await whenReported(stack, [`${KIOSK} 1.0.0 RUNNING`]);
    rmSync(door);

    await first.restart();
    const starting = await whenReported(stack, [`${KIOSK} 1.0.0 STARTING`]);
    writeFileSync(door, '');
    const started = await whenReported(stack, [`${KIOSK} 1.0.0 RUNNING`]);

    expect([starting, started].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('carries out a job that came while its connection was away (D1)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    const { core } = await joinTestCore(stack, personality);
    await until(() => core.cloud.connected());
    await core.cloud.disconnect();
    const jobId = await deployTo(stack, 'ovens', { [KIOSK]: '1.0.0' });

    core.cloud.reconnect();
    const { status } = await whenOver(stack, jobId);

    expect(status).toBe('SUCCEEDED');
  });

  it('tells what became of a job though the connection broke before it could (D1)', async () => {
    const stack = await startPlaneStack();
    const door = path.join(scratchFolder(), 'open');
    await register(stack, KIOSK, { lifecycle: { startup: `until [ -e ${door} ]; do sleep 0.02; done` } });
    const { core, log } = await joinTestCore(stack, personality);
    const jobId = await deployTo(stack, 'ovens', { [KIOSK]: '1.0.0' });
    const status = (): string | undefined => stack.iotJobs.executionsOf(jobId)[0]?.status;
    await until(() => status() === 'IN_PROGRESS');
    await core.cloud.disconnect();
    writeFileSync(door, '');
    await until(() => log.some((line) => line.includes('SUCCEEDED')));
    const meanwhile = status();

    core.cloud.reconnect();
    const after = await whenOver(stack, jobId);

    expect(meanwhile).toBe('IN_PROGRESS');
    expect(after.status).toBe('SUCCEEDED');
  });

  it('keeps what a local deployment brought (G1)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    const { core } = await joinTestCore(stack, personality);
    writeRecipe(core, { name: MENU, lifecycle: { run: STAYS_UP } });
    await core.deploy({ components: { [MENU]: { version: '1.0.0' } } });

    const { status } = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    const reported = await whenReported(stack, [`${KIOSK} 1.0.0 RUNNING`, `${MENU} 1.0.0 RUNNING`]);

    expect(status).toBe('SUCCEEDED');
    expect(reported).toHaveLength(2);
  });

  it('tries again where the cloud is too busy, and gives up where it is refused (D3)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK, { files: { 'menu.txt': 'soup' } });
    const { log } = await joinTestCore(stack, personality);
    const { faults } = stack.plane;
    faults.inject({ fault: { kind: 'throttle' }, operation: 'ListThingGroupsForCoreDevice' });
    faults.inject({ fault: { kind: 'disconnect' }, operation: 'ResolveComponentCandidates' });
    stack.faults.inject({ fault: { kind: 'cut-answer', afterBytes: 10 }, service: 's3', operation: 'GetObject' });
    const denied = { kind: 'error', code: 'AccessDeniedException', status: 403, message: 'no' } as const;

    const { status } = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });
    faults.inject({ fault: denied, operation: 'ListThingGroupsForCoreDevice' });
    const refused = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });

    expect(status).toBe('SUCCEEDED');
    expect(refused.status).toBe('FAILED');
    expect(log.join()).toContain('which groups it belongs to (AccessDeniedException: no)');
  });

  it('fails a deployment whose artifact is gone', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK, { files: { 'menu.txt': 'soup' } });
    const { log } = await joinTestCore(stack, personality);
    const gone = { kind: 'error', code: 'NoSuchKey', status: 404, message: 'gone' } as const;
    stack.faults.inject({ fault: gone, service: 's3', operation: 'GetObject' });

    const { status } = await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });

    expect(status).toBe('FAILED');
    expect(log.join()).toContain('cannot be fetched (NoSuchKey');
  });
});

describe('what only one nucleus does', () => {
  it('leaves a broken version where the deployment says so, under Java (DO_NOTHING)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    await register(stack, KIOSK, { version: '2.0.0', lifecycle: { startup: 'exit 3' } });
    const { core } = await joinTestCore(stack, 'java');
    await deployAndWait(stack, 'ovens', { [KIOSK]: '1.0.0' });

    const execution = await deployAndWait(stack, 'ovens', { [KIOSK]: '2.0.0' }, { doNothing: true });

    expect(execution.statusDetails['detailed-deployment-status']).toBe('FAILED_ROLLBACK_NOT_REQUESTED');
    expect(core.component(KIOSK).state).toBe('BROKEN');
    expect(core.component(KIOSK).recipe.version).toBe('2.0.0');
  });

  it('never hears of a deployment that is larger than it takes in, under lite (L4)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    const { log } = await joinTestCore(stack, 'lite');
    const lines = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`line${index}`, 'soup '.repeat(180)]));

    const jobId = await deployTo(stack, 'ovens', { [KIOSK]: '1.0.0' }, { merge: lines });
    await until(() => log.some((line) => line.includes('jobs/notify-next')));

    expect(log.join()).toMatch(/drops \d+ bytes on \$aws\/things\/oven-1\/jobs\/notify-next/);
    expect(stack.iotJobs.executionsOf(jobId)[0]?.status).toBe('QUEUED');
  });

  it('takes a version that it has without asking the cloud, under lite (L9)', async () => {
    const stack = await startPlaneStack();
    await register(stack, KIOSK);
    await register(stack, KIOSK, { version: '2.0.0' });
    const asked = async (personality: PersonalityName): Promise<number> => {
      const thing = `oven-${personality}`;
      await joinTestCore(stack, personality, [personality], { thing });
      for (const version of ['1.0.0', '2.0.0', '1.0.0']) {
        await whenOver(stack, await deployTo(stack, personality, { [KIOSK]: version }), thing);
      }
      return stack.plane.faults.calls.filter(({ operation }) => operation === 'ResolveComponentCandidates').length;
    };

    const lite = await asked('lite');
    const java = (await asked('java')) - lite;

    expect({ lite, java }).toEqual({ lite: 2, java: 3 });
  });

  it('leaves a job that it can not read failed, and says what is wrong with it (D2)', async () => {
    const stack = await startPlaneStack();
    await joinTestCore(stack, 'java');
    const target = { kind: 'thing', name: 'oven-1' } as const;
    const job = { id: 'job-1', namespace: 'aws-gg-deployment', target, continuous: false };
    const document = { deploymentId: 'd', configurationArn: 'arn:nonsense', components: {} };

    stack.iotJobs.create({ ...job, document }, new Date());
    const execution = await whenOver(stack, 'job-1');

    expect(execution.status).toBe('FAILED');
    expect(execution.statusDetails['deployment-failure-cause']).toContain('configurationArn: names no thing');
  });
});

it('writes the authority where components look for it (I1)', async () => {
  const stack = await startPlaneStack();

  const { root } = await joinTestCore(stack, 'lite');
  const written = readFileSync(path.join(root, 'rootCA.pem'), 'utf8');

  expect(written).toBe(stack.plane.address.authority);
});
