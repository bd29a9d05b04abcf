import type { ComponentDeploymentSpecification } from '@aws-sdk/client-greengrassv2';
import type { AwsComponent, AwsDeployment, AwsDevice, AwsFleet } from '../aws/fleet.ts';

/** A component in a deployment, as `CreateDeployment` takes it; what Verge doesn't know of is carried along. */
export type ComponentSpec = ComponentDeploymentSpecification;
export type FoundDeployment = AwsDeployment;
export type DeviceRecord = AwsDevice;
export type KnownComponent = AwsComponent;
/** The account's things, groups, components and deployments. */
export type FleetPort = AwsFleet;

/** A state as it was read; `tag` is what a write must find there still. */
export interface Stored<State> {
  readonly state: State;
  readonly tag: string;
}

/** Where states are kept. @throws VergeError AWS_… */
export interface StatePort {
  /** Undefined where there is none. */
  read(id: string): Promise<Stored<unknown> | undefined>;
  /** The new tag; undefined where somebody else wrote meanwhile. @param tag undefined: there must be none yet */
  write(id: string, state: object, tag: string | undefined): Promise<string | undefined>;
  list(): Promise<readonly string[]>;
  /** Puts a text beside the state, in the place of an older one. */
  writeReport(id: string, file: 'report.md' | 'report.json', text: string): Promise<void>;
}
