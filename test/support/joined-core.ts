import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CreateComponentVersionCommand, CreateDeploymentCommand } from '@aws-sdk/client-greengrassv2';
import { onTestFinished } from 'vitest';
import { type JoinOptions, joinCore } from '../../cloud/local/core/join-core.ts';
import type { PersonalityName } from '../../cloud/local/core/personality.ts';
import type { Core } from '../../cloud/local/core/start-core.ts';
import { type Execution, isFinal } from '../../cloud/local/iot/jobs.ts';
import { writeZip } from '../../cloud/publish/write-zip.ts';
import { testAccountId, testRegion } from './aws-stack.ts';
import { until } from './core.ts';
import type { PlaneStack } from './device-plane.ts';
import { scratchFolder } from './scratch.ts';

export interface JoinedCore {
  readonly core: Core;
  readonly root: string;
  readonly log: readonly string[];
  /** Ends it and starts it again from its folder, with the same certificate. */
  restart(): Promise<JoinedCore>;
}

/** A core of a thing in these groups, ended with the test. */
export async function joinTestCore(
  stack: PlaneStack,
  personality: PersonalityName,
  groups: readonly string[] = ['ovens'],
  more: Partial<JoinOptions> = {},
): Promise<JoinedCore> {
  const thing = more.thing ?? 'oven-1';
  const certificate = more.certificate ?? (await stack.enrol(thing, ...groups));
  const root = more.root ?? scratchFolder();
  const log: string[] = [];
  const core = await joinCore({
    thing,
    certificate,
    plane: stack.plane.address,
    personality,
    root,
    settleMs: 100,
    onLog: (text) => log.push(text),
    ...more,
  });
  onTestFinished(() => core.close());
  return {
    core,
    root,
    log,
    async restart() {
      await core.close();
      return joinTestCore(stack, personality, groups, { ...more, root, certificate });
    },
  };
}

export interface RegisteredParts {
  readonly version?: string;
  readonly lifecycle?: Readonly<Record<string, unknown>>;
  readonly configuration?: object;
  readonly dependencies?: object;
  /** Of a zip named for the component. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A step that stays up on either nucleus. */
export const STAYS_UP = 'exec sleep infinity';

/** Puts a component's zip into S3 and registers the version, as publishing does. @returns the URI of the artifact */
export async function register(stack: PlaneStack, name: string, parts: RegisteredParts = {}): Promise<string> {
  const { version = '1.0.0', lifecycle = { run: STAYS_UP }, configuration = {}, dependencies = {}, files } = parts;
  const key = `${name}/${version}/${name}.zip`;
  let artifacts: object[] = [];
  if (files) {
    const file = path.join(scratchFolder(), 'component.zip');
    await writeZip(file, new Map(Object.entries(files).map(([entry, text]) => [entry, Buffer.from(text)])));
    artifacts = [{ Uri: await stack.put('components', key, readFileSync(file)), Unarchive: 'ZIP' }];
  }
  const recipe = {
    RecipeFormatVersion: '2020-01-25',
    ComponentName: name,
    ComponentVersion: version,
    ComponentConfiguration: { DefaultConfiguration: configuration },
    ComponentDependencies: dependencies,
    Manifests: [{ Platform: { os: 'linux', runtime: '*' }, Lifecycle: lifecycle, Artifacts: artifacts }],
  };
  const inlineRecipe = Buffer.from(JSON.stringify(recipe));
  await stack.greengrass().send(new CreateComponentVersionCommand({ inlineRecipe }));
  await stack.greengrassService.settled();
  return `s3://components/${key}`;
}

export interface DeployParts {
  readonly merge?: object;
  readonly reset?: string[];
  readonly doNothing?: boolean;
}

/** Deploys versions to a group. @returns the job's id */
export async function deployTo(
  stack: PlaneStack,
  group: string,
  versions: Readonly<Record<string, string>>,
  { merge, reset, doNothing = false }: DeployParts = {},
): Promise<string> {
  const configurationUpdate = {
    ...(merge ? { merge: JSON.stringify(merge) } : {}),
    ...(reset ? { reset } : {}),
  };
  const components = Object.fromEntries(
    Object.entries(versions).map(([name, componentVersion]) => [name, { componentVersion, configurationUpdate }]),
  );
  const targetArn = `arn:aws:iot:${testRegion}:${testAccountId}:thinggroup/${group}`;
  const deploymentPolicies = { failureHandlingPolicy: doNothing ? ('DO_NOTHING' as const) : ('ROLLBACK' as const) };
  const created = await stack
    .greengrass()
    .send(new CreateDeploymentCommand({ targetArn, components, deploymentPolicies }));
  return created.iotJobId ?? '';
}

/** What became of a job on a thing, when it is over. */
export async function whenOver(stack: PlaneStack, jobId: string, thing = 'oven-1'): Promise<Execution> {
  const find = (): Execution | undefined => stack.iotJobs.executionsOf(jobId).find((one) => one.thing === thing);
  await until(() => {
    const found = find();
    return found !== undefined && isFinal(found.status);
  });
  const found = find();
  if (!found) throw new Error(`${thing} has no execution of ${jobId}`);
  return found;
}

/** Deploys, and resolves when the thing is through. */
export async function deployAndWait(...args: Parameters<typeof deployTo>): Promise<Execution> {
  return whenOver(args[0], await deployTo(...args));
}

/** Components that the cloud believes to be on a device, as `NAME VERSION STATE`, when it believes this. */
export async function whenReported(stack: PlaneStack, wanted: readonly string[], thing = 'oven-1'): Promise<string[]> {
  const believed = (): string[] => {
    const device = stack.greengrassService.devices.all().find((one) => one.thing === thing);
    return (device?.components ?? []).map(({ name, version, state }) => `${name} ${version} ${state}`);
  };
  await until(() => JSON.stringify(believed()) === JSON.stringify(wanted));
  return believed();
}
