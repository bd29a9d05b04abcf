import { randomUUID } from 'node:crypto';
import type { ComponentDeploymentSpecification, DeploymentPolicies } from '@aws-sdk/client-greengrassv2';
import { type Collection, openCollection } from '../aws/collection.ts';
import { arnOf } from '../aws/place.ts';
import { isFinal, type Jobs } from '../iot/jobs.ts';
import type { Registry, Target } from '../iot/registry.ts';
import type { Components } from './components.ts';
import { conflict, invalid, notFound, targetOf } from './refusals.ts';

/** Namespace of the jobs that carry deployments (fact D1). */
export const DEPLOYMENT_NAMESPACE = 'aws-gg-deployment';

export type DeploymentStatus = 'ACTIVE' | 'COMPLETED' | 'CANCELED' | 'INACTIVE';

/** What a caller wants deployed. */
export interface DeploymentOrder {
  readonly targetArn: string;
  readonly name?: string | undefined;
  readonly components: Readonly<Record<string, ComponentDeploymentSpecification>>;
  readonly policies: DeploymentPolicies;
  /** Kept and given back; the stand-in's jobs know no rates and limits. */
  readonly jobConfiguration?: object | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly clientToken?: string | undefined;
}

export interface Deployment extends DeploymentOrder {
  readonly id: string;
  readonly target: Target;
  /** Counts the deployments of a target. */
  readonly revision: number;
  readonly jobId: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** Deployments: each replaces what was deployed to its target before (fact G1). */
export interface Deployments {
  create(order: DeploymentOrder, now: Date): Deployment;
  /** @throws AwsError ResourceNotFoundException */
  get(id: string): Deployment;
  /** Newest first. */
  all(): readonly Deployment[];
  byJob(jobId: string): Deployment | undefined;
  isLatest(deployment: Deployment): boolean;
  status(deployment: Deployment): DeploymentStatus;
  cancel(id: string, now: Date): Deployment;
}

export function openDeployments(folder: string, registry: Registry, jobs: Jobs, components: Components): Deployments {
  const records: Collection<Deployment> = openCollection(folder);
  const jobIds = new Map(records.all().map((deployment) => [deployment.jobId, deployment]));

  function latestOf(targetArn: string): Deployment | undefined {
    return records
      .all()
      .filter((deployment) => deployment.targetArn === targetArn)
      .toSorted((a, b) => b.revision - a.revision)[0];
  }

  const self: Deployments = {
    create(order, now) {
      const target = targetOf(registry, order.targetArn);
      const known = records
        .all()
        .find(({ clientToken }) => clientToken !== undefined && clientToken === order.clientToken);
      if (known) return known;
      for (const [name, wanted] of Object.entries(order.components)) checkComponent(components, name, wanted);
      const before = latestOf(order.targetArn);
      const id = randomUUID();
      const revision = (before?.revision ?? 0) + 1;
      const deployment: Deployment = {
        ...order,
        id,
        target,
        revision,
        jobId: randomUUID(),
        createdAt: now.toISOString(),
      };
      if (before && jobs.job(before.jobId).status === 'IN_PROGRESS') jobs.cancel(before.jobId, now);
      records.put(id, deployment);
      jobIds.set(deployment.jobId, deployment);
      const continuous = target.kind === 'group';
      const document = documentOf(deployment, registry, now);
      jobs.create({ id: deployment.jobId, namespace: DEPLOYMENT_NAMESPACE, target, continuous, document }, now);
      return deployment;
    },
    get(id) {
      const found = records.get(id);
      if (!found) throw notFound('deployment', id);
      return found;
    },
    all: () => records.all().toSorted((a, b) => (b.createdAt + b.revision > a.createdAt + a.revision ? 1 : -1)),
    byJob: (jobId) => jobIds.get(jobId),
    isLatest: ({ id, targetArn }) => latestOf(targetArn)?.id === id,
    status(deployment) {
      const job = jobs.job(deployment.jobId);
      if (job.status === 'CANCELED') return self.isLatest(deployment) ? 'CANCELED' : 'INACTIVE';
      if (!self.isLatest(deployment)) return 'INACTIVE';
      if (job.status === 'COMPLETED') return 'COMPLETED';
      const executions = jobs.executionsOf(job.id);
      return executions.length > 0 && executions.every(({ status }) => isFinal(status)) ? 'COMPLETED' : 'ACTIVE';
    },
    cancel(id, now) {
      const deployment = self.get(id);
      const status = self.status(deployment);
      if (status !== 'ACTIVE') throw conflict(`The deployment ${id} is ${status}.`, 'deployment', id);
      jobs.cancel(deployment.jobId, now);
      return deployment;
    },
  };
  return self;
}

function checkComponent(components: Components, name: string, wanted: ComponentDeploymentSpecification): void {
  const { componentVersion = '', configurationUpdate } = wanted;
  if (!name.startsWith('aws.greengrass.')) {
    const found = components.find(name, componentVersion);
    if (!found) throw notFound('componentVersion', components.arn(name, componentVersion));
    if (found.state !== 'DEPLOYABLE') throw invalid(`Component ${name} ${componentVersion} is ${found.state}.`);
  }
  mergeOf(name, configurationUpdate?.merge);
}

/** `merge` is a text here, and an object for the device (fact D2). */
function mergeOf(name: string, merge: string | undefined): Record<string, unknown> | undefined {
  if (merge === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(merge);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // said below
  }
  throw invalid(`The configuration to merge of ${name} is no JSON object.`);
}

/** What devices get (fact D2). */
function documentOf(deployment: Deployment, { place }: Registry, now: Date): Record<string, unknown> {
  const { id, name, target, revision, components, policies } = deployment;
  const kind = target.kind === 'thing' ? 'thing' : 'thinggroup';
  return {
    deploymentId: id,
    ...(name === undefined ? {} : { deploymentName: name }),
    creationTimestamp: now.getTime(),
    configurationArn: arnOf(place, 'greengrass', `configuration:${kind}/${target.name}:${revision}`),
    failureHandlingPolicy: policies.failureHandlingPolicy ?? 'ROLLBACK',
    componentUpdatePolicy: {
      timeout: policies.componentUpdatePolicy?.timeoutInSeconds ?? 60,
      action: policies.componentUpdatePolicy?.action ?? 'NOTIFY_COMPONENTS',
    },
    configurationValidationPolicy: { timeout: policies.configurationValidationPolicy?.timeoutInSeconds ?? 60 },
    components: Object.fromEntries(
      Object.entries(components).map(([component, { componentVersion, configurationUpdate, runWith }]) => [
        component,
        {
          version: componentVersion,
          ...(configurationUpdate && {
            configurationUpdate: {
              ...(configurationUpdate.merge && { merge: mergeOf(component, configurationUpdate.merge) }),
              ...(configurationUpdate.reset && { reset: configurationUpdate.reset }),
            },
          }),
          ...(runWith && { runWith }),
        },
      ]),
    ),
  };
}
