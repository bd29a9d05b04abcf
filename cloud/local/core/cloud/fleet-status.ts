import type { Component } from '../components/component.ts';
import type { Personality } from '../personality.ts';
import { architecture } from '../recipe/recipe.ts';
import { arnsFor, type Targets } from './targets.ts';

/** Why a device speaks of itself (fact G4). */
export type Trigger =
  | 'NUCLEUS_LAUNCH'
  | 'RECONNECT'
  | 'THING_GROUP_DEPLOYMENT'
  | 'THING_DEPLOYMENT'
  | 'COMPONENT_STATUS_CHANGE';

/** What of a component a device speaks of. */
export interface Reported extends Pick<Component, 'state' | 'failure' | 'lastExit'> {
  readonly recipe: { readonly name: string; readonly version: string };
}

export interface FleetStatusParts {
  readonly thing: string;
  readonly personality: Personality;
  readonly components: Iterable<Reported>;
  readonly targets: Targets;
  readonly trigger: Trigger;
  readonly sequenceNumber: number;
  /** Of the deployment that is through, if that is why. */
  readonly deployment?: { readonly id: string; readonly configurationArn: string; readonly status: string } | undefined;
}

/** What a device says of itself (fact D5), all its components each time. */
export function fleetStatus(parts: FleetStatusParts): object {
  const { thing, personality, targets, trigger, sequenceNumber, deployment } = parts;
  const components = [...parts.components].map((component) => describe(component, targets));
  const isWell = components.every(({ status }) => status !== 'BROKEN');
  return {
    ggcVersion: personality.version,
    platform: 'linux',
    architecture: architecture(),
    runtime: personality.runtime,
    thing,
    sequenceNumber,
    timestamp: Date.now(),
    messageType: 'COMPLETE',
    trigger,
    overallDeviceStatus: isWell ? 'HEALTHY' : 'UNHEALTHY',
    components,
    ...(deployment && {
      deploymentInformation: {
        status: deployment.status,
        deploymentId: deployment.id,
        fleetConfigurationArnForStatus: deployment.configurationArn,
      },
    }),
  };
}

function describe(component: Reported, targets: Targets) {
  const { recipe, state, failure, lastExit } = component;
  const arns = arnsFor(targets, recipe.name);
  const isWrong = (state === 'BROKEN' || state === 'ERRORED') && failure !== undefined;
  return {
    componentName: recipe.name,
    version: recipe.version,
    status: state,
    isRoot: arns.length > 0,
    fleetConfigArns: arns,
    ...(isWrong && {
      statusDetails: {
        statusCodes: [`${failure.toUpperCase()}_ERROR`],
        statusReason: `The ${failure} script exited with ${lastExit}.`,
      },
    }),
  };
}
