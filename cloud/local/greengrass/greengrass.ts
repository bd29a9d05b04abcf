/**
 * Greengrass V2's control plane: component versions with the digests of their artifacts, deployments with revisions, and
 * core devices as they describe themselves over MQTT.
 *
 * What it does not do: public components, Lambda recipes, tags by their own calls, quotas, sub-deployments
 * (`parentTargetArn`), and client devices. What devices ask over HTTPS with a certificate (fact D3) is the device plane's.
 */

import path from 'node:path';
import * as client from '@aws-sdk/client-greengrassv2';
import { restJson } from '../aws/protocol/rest-json.ts';
import { defineService, type Service } from '../aws/service.ts';
import type { Jobs } from '../iot/jobs.ts';
import type { Registry } from '../iot/registry.ts';
import { componentHandlers } from './component-handlers.ts';
import { type Artifacts, openComponents } from './components.ts';
import { type CoreDevices, openCoreDevices } from './core-devices.ts';
import { deploymentHandlers, deviceHandlers } from './deployment-handlers.ts';
import { openDeployments } from './deployments.ts';

export interface GreengrassOptions {
  readonly folder: string;
  readonly registry: Registry;
  readonly jobs: Jobs;
  readonly artifacts: Artifacts;
  /** What passes before a component version is looked at. Default: nothing. */
  readonly beforeInspection?: () => Promise<void>;
}

export interface Greengrass {
  readonly service: Service;
  readonly devices: CoreDevices;
  /** Resolves when every component version is looked at. */
  settled(): Promise<void>;
}

export function openGreengrass(options: GreengrassOptions): Greengrass {
  const { folder, registry, jobs, artifacts, beforeInspection = async () => {} } = options;
  const at = (name: string): string => path.join(folder, name);
  const components = openComponents(at('components'), registry.place, artifacts, beforeInspection);
  const deployments = openDeployments(at('deployments'), registry, jobs, components);
  const devices = openCoreDevices(at('core-devices'));
  const parts = { registry, jobs, deployments, devices };
  return {
    service: defineService({
      name: 'greengrass',
      client: { ...client },
      protocol: restJson(),
      handlers: { ...componentHandlers(components), ...deploymentHandlers(parts), ...deviceHandlers(parts) },
    }),
    devices,
    settled: () => components.settled(),
  };
}
