import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PlaneAddress } from '../device-plane/device-plane.ts';
import type { Shown } from './cloud/plane-client.ts';
import { type Core, type CoreOptions, startCore } from './start-core.ts';

export interface JoinOptions extends Omit<CoreOptions, 'region' | 'broker' | 'cloud'> {
  /** Certificate and key of the thing, PEM, as `DevicePlane.enrol` gives them. */
  readonly certificate: Shown;
  readonly plane: PlaneAddress;
}

/**
 * Starts a core that is a core device of the stood-in cloud: it connects with its certificate, takes deployments as jobs,
 * and runs again what it ran before.
 * @throws Error of the file system
 */
export async function joinCore({ certificate, plane, ...options }: JoinOptions): Promise<Core> {
  await mkdir(options.root, { recursive: true });
  // Where `GG_ROOT_CA_PATH` points components to (fact I1).
  await writeFile(path.join(options.root, 'rootCA.pem'), plane.authority);
  return startCore({ ...options, region: plane.region, broker: plane.mqttUrl, cloud: { certificate, plane } });
}
