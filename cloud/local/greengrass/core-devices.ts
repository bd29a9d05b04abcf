import * as z from 'zod';
import { type Collection, openCollection } from '../aws/collection.ts';
import { notFound } from './refusals.ts';

const LIFECYCLE_STATES = [
  'NEW',
  'INSTALLED',
  'STARTING',
  'RUNNING',
  'STOPPING',
  'ERRORED',
  'BROKEN',
  'FINISHED',
] as const;

/** What a device says of itself on `$aws/things/T/greengrassv2/health/json` (fact D5); other fields are passed over. */
export const fleetStatusSchema = z.object({
  ggcVersion: z.string().min(1).max(255).default('0.0.0'),
  platform: z.string().min(1).max(255).default('linux'),
  architecture: z.string().min(1).max(255).default('amd64'),
  runtime: z.string().min(1).max(255).default('aws_nucleus_classic'),
  thing: z.string().min(1).max(128),
  overallDeviceStatus: z.enum(['HEALTHY', 'UNHEALTHY']).default('HEALTHY'),
  /** Milliseconds. */
  timestamp: z.number().optional(),
  /** PARTIAL: what isn't listed is as it was. */
  messageType: z.enum(['COMPLETE', 'PARTIAL']).default('COMPLETE'),
  components: z
    .array(
      z.object({
        componentName: z.string().min(1).max(128),
        version: z.string().min(1).max(64),
        status: z.enum(LIFECYCLE_STATES),
        isRoot: z.boolean().default(false),
        statusDetails: z
          .object({ statusReason: z.string().optional(), statusCodes: z.array(z.string()).optional() })
          .optional(),
        fleetConfigArns: z.array(z.string()).default([]),
      }),
    )
    .max(1000)
    .default([]),
});
export type FleetStatus = z.output<typeof fleetStatusSchema>;

export interface InstalledComponent {
  readonly name: string;
  readonly version: string;
  readonly state: FleetStatus['components'][number]['status'];
  readonly isRoot: boolean;
  readonly reason?: string;
  readonly codes: readonly string[];
  readonly source?: string;
  /** ISO 8601. */
  readonly changedAt: string;
  readonly reportedAt: string;
}

export interface CoreDevice {
  readonly thing: string;
  readonly coreVersion: string;
  readonly platform: string;
  readonly architecture: string;
  readonly runtime: string;
  readonly status: 'HEALTHY' | 'UNHEALTHY';
  readonly updatedAt: string;
  readonly components: readonly InstalledComponent[];
}

/** Core devices as they last described themselves: a thing is one once it has. */
export interface CoreDevices {
  /** @throws AwsError ResourceNotFoundException */
  get(thing: string): CoreDevice;
  all(): readonly CoreDevice[];
  report(status: FleetStatus, now: Date): CoreDevice;
}

export function openCoreDevices(folder: string): CoreDevices {
  const records: Collection<CoreDevice> = openCollection(folder);
  return {
    get(thing) {
      const found = records.get(thing);
      if (!found) throw notFound('coreDevice', thing);
      return found;
    },
    all: () => records.all().toSorted((a, b) => (a.thing < b.thing ? -1 : 1)),
    report(status, now) {
      const before = records.get(status.thing)?.components ?? [];
      const at = now.toISOString();
      const listed = status.components.map((component) => installed(component, before, at));
      const kept =
        status.messageType === 'PARTIAL' ? before.filter(({ name }) => !listed.some((one) => one.name === name)) : [];
      const device: CoreDevice = {
        thing: status.thing,
        coreVersion: status.ggcVersion,
        platform: status.platform,
        architecture: status.architecture,
        runtime: status.runtime,
        status: status.overallDeviceStatus,
        updatedAt: at,
        components: [...kept, ...listed].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      };
      records.put(device.thing, device);
      return device;
    },
  };
}

function installed(
  component: FleetStatus['components'][number],
  before: readonly InstalledComponent[],
  at: string,
): InstalledComponent {
  const { componentName: name, version, status: state, isRoot, statusDetails, fleetConfigArns } = component;
  const known = before.find((one) => one.name === name);
  const unchanged = known?.version === version && known.state === state;
  const [source] = fleetConfigArns;
  return {
    name,
    version,
    state,
    isRoot,
    codes: statusDetails?.statusCodes ?? [],
    ...(statusDetails?.statusReason ? { reason: statusDetails.statusReason.slice(0, 1000) } : {}),
    ...(source === undefined ? {} : { source }),
    changedAt: unchanged ? known.changedAt : at,
    reportedAt: at,
  };
}
