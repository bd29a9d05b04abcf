import type {
  CancelDeploymentCommandInput,
  CreateDeploymentCommandInput,
  GetCoreDeviceCommandInput,
  GetDeploymentCommandInput,
  ListCoreDevicesCommandInput,
  ListDeploymentsCommandInput,
  ListEffectiveDeploymentsCommandInput,
  ListInstalledComponentsCommandInput,
} from '@aws-sdk/client-greengrassv2';
import { pageOf } from '../aws/page.ts';
import { arnOf } from '../aws/place.ts';
import type { Call, Handler } from '../aws/service.ts';
import type { Execution, Jobs } from '../iot/jobs.ts';
import type { Registry } from '../iot/registry.ts';
import type { CoreDevice, CoreDevices } from './core-devices.ts';
import type { Deployment, Deployments } from './deployments.ts';
import { PAGES, targetOf } from './refusals.ts';

export interface DeploymentParts {
  readonly registry: Registry;
  readonly jobs: Jobs;
  readonly deployments: Deployments;
  readonly devices: CoreDevices;
}

export function deploymentHandlers({ registry, deployments }: DeploymentParts): Record<string, Handler> {
  const jobArn = (id: string): string => arnOf(registry.place, 'iot', `job/${id}`);
  const describe = (deployment: Deployment): object => ({
    targetArn: deployment.targetArn,
    revisionId: String(deployment.revision),
    deploymentId: deployment.id,
    deploymentName: deployment.name,
    deploymentStatus: deployments.status(deployment),
    creationTimestamp: new Date(deployment.createdAt),
    isLatestForTarget: deployments.isLatest(deployment),
  });
  return {
    CreateDeployment(input: CreateDeploymentCommandInput, { now }: Call) {
      const { id, jobId } = deployments.create(
        {
          targetArn: input.targetArn ?? '',
          name: input.deploymentName,
          components: input.components ?? {},
          policies: input.deploymentPolicies ?? {},
          jobConfiguration: input.iotJobConfiguration,
          tags: input.tags,
          clientToken: input.clientToken,
        },
        now,
      );
      return { deploymentId: id, iotJobId: jobId, iotJobArn: jobArn(jobId) };
    },
    GetDeployment({ deploymentId = '' }: GetDeploymentCommandInput) {
      const deployment = deployments.get(deploymentId);
      return {
        ...describe(deployment),
        iotJobId: deployment.jobId,
        iotJobArn: jobArn(deployment.jobId),
        components: deployment.components,
        deploymentPolicies: deployment.policies,
        iotJobConfiguration: deployment.jobConfiguration ?? {},
        tags: deployment.tags,
      };
    },
    ListDeployments(input: ListDeploymentsCommandInput) {
      const { targetArn, historyFilter = 'LATEST_ONLY' } = input;
      const wanted = deployments
        .all()
        .filter((deployment) => (targetArn ?? deployment.targetArn) === deployment.targetArn)
        .filter((deployment) => historyFilter === 'ALL' || deployments.isLatest(deployment));
      const { items, nextToken } = pageOf(wanted, ({ id }) => id, input, PAGES);
      return { deployments: items.map(describe), nextToken };
    },
    CancelDeployment({ deploymentId = '' }: CancelDeploymentCommandInput, { now }: Call) {
      deployments.cancel(deploymentId, now);
      return { message: `Deployment ${deploymentId} is canceled.` };
    },
  };
}

export function deviceHandlers({ registry, jobs, deployments, devices }: DeploymentParts): Record<string, Handler> {
  return {
    GetCoreDevice: ({ coreDeviceThingName = '' }: GetCoreDeviceCommandInput) => {
      const device = devices.get(coreDeviceThingName);
      return { ...describeDevice(device), coreVersion: device.coreVersion };
    },
    ListCoreDevices(input: ListCoreDevicesCommandInput) {
      const { thingGroupArn, status, runtime } = input;
      const members =
        thingGroupArn === undefined ? undefined : registry.group(targetOf(registry, thingGroupArn).name).things;
      const wanted = devices
        .all()
        .filter(
          (device) => (status ?? device.status) === device.status && (runtime ?? device.runtime) === device.runtime,
        )
        .filter(({ thing }) => members?.includes(thing) ?? true);
      const { items, nextToken } = pageOf(wanted, ({ thing }) => thing, input, PAGES);
      return { coreDevices: items.map(describeDevice), nextToken };
    },
    ListEffectiveDeployments(input: ListEffectiveDeploymentsCommandInput) {
      const { thing } = devices.get(input.coreDeviceThingName ?? '');
      const effective = jobs.executionsFor(thing).flatMap((execution) => {
        const deployment = deployments.byJob(execution.jobId);
        return deployment ? [effectiveOf(deployment, execution)] : [];
      });
      const { items, nextToken } = pageOf(effective.toReversed(), ({ deploymentId }) => deploymentId, input, PAGES);
      return {
        effectiveDeployments: items.map((item) => ({
          ...item,
          iotJobArn: arnOf(registry.place, 'iot', `job/${item.iotJobId}`),
        })),
        nextToken,
      };
    },
    ListInstalledComponents(input: ListInstalledComponentsCommandInput) {
      const { components } = devices.get(input.coreDeviceThingName ?? '');
      const wanted = components.filter(({ isRoot }) => input.topologyFilter === 'ALL' || isRoot);
      const { items, nextToken } = pageOf(wanted, ({ name }) => name, input, PAGES);
      return {
        installedComponents: items.map((component) => ({
          componentName: component.name,
          componentVersion: component.version,
          lifecycleState: component.state,
          lifecycleStateDetails: component.reason,
          lifecycleStatusCodes: component.codes,
          isRoot: component.isRoot,
          lastInstallationSource: component.source,
          lastStatusChangeTimestamp: new Date(component.changedAt),
          lastReportedTimestamp: new Date(component.reportedAt),
        })),
        nextToken,
      };
    },
  };
}

function describeDevice({ thing, status, updatedAt, platform, architecture, runtime }: CoreDevice): object {
  const lastStatusUpdateTimestamp = new Date(updatedAt);
  return { coreDeviceThingName: thing, status, lastStatusUpdateTimestamp, platform, architecture, runtime };
}

/** What a deployment came to on one device: the truth (fact G4). */
function effectiveOf(deployment: Deployment, { status, statusDetails, queuedAt, updatedAt, jobId }: Execution) {
  const reason = statusDetails['deployment-failure-cause'] ?? statusDetails.reason;
  const stack = statusDetails['deployment-failure-error-stack'];
  const types = statusDetails['deployment-failure-error-types'];
  return {
    deploymentId: deployment.id,
    deploymentName: deployment.name ?? deployment.id,
    iotJobId: jobId,
    targetArn: deployment.targetArn,
    coreDeviceExecutionStatus: status,
    ...(reason === undefined ? {} : { reason }),
    ...(stack === undefined && types === undefined
      ? {}
      : { statusDetails: { errorStack: listIn(stack), errorTypes: listIn(types) } }),
    creationTimestamp: new Date(queuedAt),
    modifiedTimestamp: new Date(updatedAt),
  };
}

/** Devices write lists as `[A, B]`. */
function listIn(text: string | undefined): string[] {
  return (text ?? '')
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}
