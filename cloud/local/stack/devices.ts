/**
 * Core devices of a stack: local Greengrass cores in its process, each with a folder of its own, that join through the
 * device plane as any core device would, with a certificate that the stack's authority made.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { joinCore } from '../core/join-core.ts';
import type { PersonalityName } from '../core/personality.ts';
import type { Core } from '../core/start-core.ts';
import type { DevicePlane } from '../device-plane/device-plane.ts';
import type { Registry } from '../iot/registry.ts';
import type { StackState } from './state.ts';

export interface DevicesOptions {
  /** Holds a folder for each device. */
  readonly folder: string;
  readonly plane: DevicePlane;
  readonly registry: Registry;
  readonly log: (text: string) => void;
}

export type KnownDevice = StackState['devices'][number];

/** All devices of a stack are in this thing group. */
export const DEVICE_GROUP = 'local';

interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** How many run: what is known comes first, what is missing is new. @param count undefined: those that are known */
export function chooseDevices(
  known: readonly KnownDevice[],
  count: number | undefined,
  nucleus: PersonalityName,
): { readonly running: readonly KnownDevice[]; readonly all: readonly KnownDevice[] } {
  const missing = Array.from({ length: Math.max(0, (count ?? 0) - known.length) }, (_, index) => ({
    thing: `local-${known.length + index + 1}`,
    nucleus,
  }));
  const all = [...known, ...missing];
  return { running: all.slice(0, count ?? all.length), all };
}

export interface Devices {
  /** As the core itself has it; undefined where it doesn't run the component. */
  stateOf(thing: string, component: string): string | undefined;
  close(): Promise<void>;
}

/** Starts devices. Those that were started end where one cannot start. */
export async function startDevices(devices: readonly KnownDevice[], options: DevicesOptions): Promise<Devices> {
  const { registry, folder, plane, log } = options;
  const cores = new Map<string, Core>();
  const close = async (): Promise<void> => {
    await Promise.all([...cores.values()].map((core) => core.close()));
  };
  if (devices.length > 0) registry.createGroup(DEVICE_GROUP, undefined, new Date());
  try {
    for (const { thing, nucleus } of devices) {
      registry.createThing(thing, {});
      registry.addToGroup(thing, DEVICE_GROUP);
      const home = path.join(folder, thing);
      const certificate = await certificateOf(home, thing, plane);
      cores.set(
        thing,
        await joinCore({
          ...{ thing, certificate },
          root: path.join(home, 'core'),
          personality: nucleus,
          plane: plane.address,
          onLog: (text) => log(`${thing}: ${text}`),
        }),
      );
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    stateOf(thing, component) {
      try {
        return cores.get(thing)?.component(component).state;
      } catch {
        return undefined;
      }
    },
  };
}

/** That of an earlier run, or a new one; IoT knows it either way. */
async function certificateOf(home: string, thing: string, plane: DevicePlane): Promise<Certificate> {
  const file = path.join(home, 'certificate.json');
  // Written below.
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Certificate;
  const { certificate, key } = await plane.enrol(thing);
  mkdirSync(home, { recursive: true });
  writeFileSync(file, JSON.stringify({ certificate, key }), { mode: 0o600 });
  return { certificate, key };
}
