import {
  type ComponentDeploymentSpecification,
  CreateComponentVersionCommand,
  CreateDeploymentCommand,
  DescribeComponentCommand,
  GetComponentCommand,
  GetDeploymentCommand,
  type GetDeploymentCommandOutput,
  type GreengrassV2Client,
  ListDeploymentsCommand,
  paginateListEffectiveDeployments,
  paginateListInstalledComponents,
} from '@aws-sdk/client-greengrassv2';
import { type IoTClient, paginateListThingGroupsForThing, paginateListThingsInThingGroup } from '@aws-sdk/client-iot';
import * as z from 'zod';
import { ask } from './ask.ts';
import { nameOf } from './object-store.ts';

export interface FleetOptions {
  readonly greengrass: GreengrassV2Client;
  readonly iot: IoTClient;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly signal: AbortSignal;
}

/** A deployment as the service has it. */
export interface AwsDeployment {
  readonly id: string;
  readonly name: string | undefined;
  readonly components: Readonly<Record<string, ComponentDeploymentSpecification>>;
  readonly policies: object;
  readonly job: object;
  readonly tags: Readonly<Record<string, string>>;
}

export interface AwsDeploymentOrder extends Omit<AwsDeployment, 'id' | 'name'> {
  readonly targetArn: string;
  readonly name: string;
  /** The same for the same order. */
  readonly token: string;
}

type ExecutionStatus =
  | 'QUEUED'
  | 'IN_PROGRESS'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'REJECTED'
  | 'CANCELED'
  | 'TIMED_OUT'
  | 'COMPLETED';

/** What the cloud knows of one device (fact G4). */
export interface AwsDevice {
  /** By deployment id. */
  readonly executions: Readonly<
    Record<string, { readonly status: ExecutionStatus; readonly reason?: string | undefined }>
  >;
  readonly installed: Readonly<
    Record<string, { readonly version: string; readonly state: string; readonly reason?: string | undefined }>
  >;
}

export interface AwsComponent {
  readonly state: 'pending' | 'deployable' | 'failed' | 'deprecated';
  /** Range of each component that it needs. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Things, groups, components and deployments of an account. @throws VergeError AWS_… */
export interface AwsFleet {
  thingArn(name: string): string;
  groupArn(name: string): string;
  thingsIn(group: string): Promise<readonly string[] | undefined>;
  groupsOf(thing: string): Promise<readonly string[] | undefined>;
  component(name: string, version: string): Promise<AwsComponent | undefined>;
  latest(targetArn: string): Promise<AwsDeployment | undefined>;
  deployment(id: string): Promise<AwsDeployment | undefined>;
  deploy(order: AwsDeploymentOrder): Promise<string>;
  device(thing: string): Promise<AwsDevice>;
  recipe(name: string, version: string): Promise<Readonly<Record<string, unknown>>>;
  register(recipe: Readonly<Record<string, unknown>>, token: string): Promise<void>;
}

const PAGE = { greengrass: 100, iot: 250 };
const ABSENT = 'ResourceNotFoundException';
const STATES: Readonly<Record<string, AwsComponent['state']>> = {
  DEPLOYABLE: 'deployable',
  FAILED: 'failed',
  DEPRECATED: 'deprecated',
};
const recipeSchema = z.looseObject({
  ComponentDependencies: z.record(z.string(), z.looseObject({ VersionRequirement: z.string().optional() })).nullish(),
});

export function awsFleet({ greengrass, iot, partition, region, account, signal }: FleetOptions): AwsFleet {
  const sending = { abortSignal: signal };
  const iotArn = (what: string): string => `arn:${partition}:iot:${region}:${account}:${what}`;
  const componentArn = (name: string, version: string): string =>
    `arn:${partition}:greengrass:${region}:${account}:components:${name}:versions:${version}`;
  const call = <T>(what: string, work: () => Promise<T>): Promise<T> => ask(what, work, signal);
  /** Undefined where what is asked for is not there. */
  const find = <T>(what: string, work: () => Promise<T>): Promise<T | undefined> =>
    call(what, async () => {
      try {
        return await work();
      } catch (error) {
        if (nameOf(error) === ABSENT) return undefined;
        throw error;
      }
    });

  async function deployment(id: string): Promise<AwsDeployment | undefined> {
    const found = await find(`greengrass:GetDeployment of ${id}`, () =>
      greengrass.send(new GetDeploymentCommand({ deploymentId: id }), sending),
    );
    return found && readDeployment(id, found);
  }

  async function readRecipe(name: string, version: string): Promise<Record<string, unknown>> {
    const arn = componentArn(name, version);
    const { recipe = new Uint8Array() } = await call(`greengrass:GetComponent of ${name} ${version}`, () =>
      greengrass.send(new GetComponentCommand({ arn, recipeOutputFormat: 'JSON' }), sending),
    );
    return { ...JSON.parse(Buffer.from(recipe).toString('utf8')) };
  }

  return {
    thingArn: (name) => iotArn(`thing/${name}`),
    groupArn: (name) => iotArn(`thinggroup/${name}`),
    thingsIn: (group) =>
      find(`iot:ListThingsInThingGroup of ${group}`, async () => {
        const found: string[] = [];
        // With those of groups below it, which its deployments reach too.
        const input = { thingGroupName: group, recursive: true };
        const pages = paginateListThingsInThingGroup({ client: iot, pageSize: PAGE.iot }, input, sending);
        for await (const { things = [] } of pages) found.push(...things);
        return found;
      }),
    groupsOf: (thing) =>
      find(`iot:ListThingGroupsForThing of ${thing}`, async () => {
        const found: string[] = [];
        const pages = paginateListThingGroupsForThing(
          { client: iot, pageSize: PAGE.iot },
          { thingName: thing },
          sending,
        );
        for await (const { thingGroups = [] } of pages)
          found.push(...thingGroups.map(({ groupName = '' }) => groupName));
        return found;
      }),
    async component(name, version) {
      const arn = componentArn(name, version);
      const found = await find(`greengrass:DescribeComponent of ${name} ${version}`, () =>
        greengrass.send(new DescribeComponentCommand({ arn }), sending),
      );
      if (found === undefined) return undefined;
      const state = STATES[found.status?.componentState ?? ''] ?? 'pending';
      const { ComponentDependencies } = recipeSchema.parse(await readRecipe(name, version));
      const dependencies = Object.entries(ComponentDependencies ?? {}).map(([needed, { VersionRequirement = '*' }]) => [
        needed,
        VersionRequirement,
      ]);
      return { state, dependencies: Object.fromEntries(dependencies) };
    },
    async latest(targetArn) {
      const page = await find(`greengrass:ListDeployments of ${targetArn}`, () =>
        greengrass.send(new ListDeploymentsCommand({ targetArn, historyFilter: 'LATEST_ONLY' }), sending),
      );
      const id = page?.deployments?.find((one) => one.targetArn === targetArn)?.deploymentId;
      return id === undefined ? undefined : deployment(id);
    },
    deployment,
    deploy: ({ targetArn, name, components, policies, job, tags, token }) =>
      call(`greengrass:CreateDeployment for ${targetArn}`, async () => {
        const input = {
          targetArn,
          deploymentName: name,
          components: { ...components },
          deploymentPolicies: policies,
          ...(Object.keys(job).length > 0 ? { iotJobConfiguration: job } : {}),
          tags: { ...tags },
          clientToken: token,
        };
        const { deploymentId = '' } = await greengrass.send(new CreateDeploymentCommand(input), sending);
        return deploymentId;
      }),
    async device(thing) {
      const executions: Record<string, AwsDevice['executions'][string]> = {};
      const installed: Record<string, AwsDevice['installed'][string]> = {};
      const asked = { coreDeviceThingName: thing };
      const paging = { client: greengrass, pageSize: PAGE.greengrass };
      await find(`greengrass:ListEffectiveDeployments of ${thing}`, async () => {
        for await (const { effectiveDeployments = [] } of paginateListEffectiveDeployments(paging, asked, sending)) {
          for (const { deploymentId = '', coreDeviceExecutionStatus: status, reason } of effectiveDeployments) {
            if (status) executions[deploymentId] = { status, reason };
          }
        }
      });
      await find(`greengrass:ListInstalledComponents of ${thing}`, async () => {
        for await (const { installedComponents = [] } of paginateListInstalledComponents(paging, asked, sending)) {
          for (const one of installedComponents) {
            const { componentName = '', componentVersion: version = '', lifecycleState: state = '' } = one;
            installed[componentName] = { version, state, reason: one.lifecycleStateDetails };
          }
        }
      });
      return { executions, installed };
    },
    recipe: readRecipe,
    register: (recipe, token) =>
      call('greengrass:CreateComponentVersion', async () => {
        try {
          const input = { inlineRecipe: Buffer.from(JSON.stringify(recipe)), clientToken: token };
          await greengrass.send(new CreateComponentVersionCommand(input), sending);
        } catch (error) {
          if (nameOf(error) !== 'ConflictException') throw error;
        }
      }),
  };
}

function readDeployment(id: string, found: GetDeploymentCommandOutput): AwsDeployment {
  return {
    id,
    name: found.deploymentName,
    components: found.components ?? {},
    policies: found.deploymentPolicies ?? {},
    job: found.iotJobConfiguration ?? {},
    // Tags of AWS's own cannot be given back to it.
    tags: Object.fromEntries(Object.entries(found.tags ?? {}).filter(([key]) => !key.startsWith('aws:'))),
  };
}
