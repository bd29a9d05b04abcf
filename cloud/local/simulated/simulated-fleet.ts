/**
 * Many core devices with Verge on them, in one process, as far as the cloud can tell: each has an MQTT connection of its own,
 * takes deployment jobs, asks for its groups and for component candidates, reports jobs and fleet status (facts D1 to D5),
 * and publishes what its runtime would, by the contract.
 *
 * What it does not do: run, fetch or check anything (no artifact is downloaded), classify texts (numbers are what the
 * behaviour says), keep anything over a restart, more than one HTTPS certificate and connection pool for the whole fleet,
 * asking twice for the same candidate, IPC, commands. Unless it is told to use TLS, it takes the broker's plain listener.
 */
import { satisfies } from 'semver';
import { openPlaneClient, type PlaneClient, planeAgent, type Shown } from '../core/cloud/plane-client.ts';
import type { Resolvable } from '../core/cloud/resolve.ts';
import { PERSONALITIES, type Personality, type PersonalityName } from '../core/personality.ts';
import { architecture, readRecipe } from '../core/recipe/recipe.ts';
import type { PlaneAddress } from '../device-plane/device-plane.ts';
import type { ChooseBehaviour } from './behaviour.ts';
import { SimulatedDevice } from './simulated-device.ts';
import { SimulatedLink, type Traffic } from './simulated-link.ts';

export interface SimulatedFleetOptions {
  /** The fleet's name in topics. */
  readonly fleet: string;
  /** Things of the registry. */
  readonly things: readonly string[];
  readonly plane: PlaneAddress;
  /** One that speaks for all of them: `DevicePlane.enrolTogether`. */
  readonly certificate: Shown;
  /** mqtt:// of the broker's plain listener; without it devices connect to the plane's by TLS. */
  readonly brokerUrl?: string;
  /** Default: obedient. */
  readonly behaviour?: ChooseBehaviour;
  /** Default: lite. */
  readonly personality?: (thing: string) => PersonalityName;
  /** Component → version that every device has from the start. Default: nothing. */
  readonly installed?: Readonly<Record<string, string>>;
  /** Said in heartbeats; default 60. Without `beatsByItself` nobody keeps to it. */
  readonly heartbeatSeconds?: number;
  /** Every device beats by a timer, spread over the period. Default: only when `beat` is called. */
  readonly beatsByItself?: boolean;
  /** Texts that a model answers between two beats; default 100. */
  readonly textsPerBeat?: number;
  /** Results in each beat's message; default 0: no message. */
  readonly resultsPerBeat?: number;
}

/** What the fleet has cost so far. */
export interface FleetCost {
  /** MQTT messages, sent by the fleet and received by it. */
  readonly sent: number;
  readonly received: number;
  /** Calls over HTTPS. */
  readonly asked: number;
}

export interface SimulatedFleet {
  readonly devices: readonly SimulatedDevice[];
  /** @throws Error where there is none of that name */
  device(thing: string): SimulatedDevice;
  cost(): FleetCost;
  /** One heartbeat of every device that is there and speaks. Resolves when the broker has them all. */
  beat(): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** Connections that are made at once: a thousand at a time would fill the backlog of the listener. */
const MAX_CONNECTING = 25;

/** Resolves when every device that will is connected and has said what it is. */
export async function startSimulatedFleet(options: SimulatedFleetOptions): Promise<SimulatedFleet> {
  const { fleet, things, plane, certificate, brokerUrl, installed = {} } = options;
  const { heartbeatSeconds = 60, textsPerBeat = 100, resultsPerBeat = 0 } = options;
  const { behaviour: choose = () => ({}), personality = () => 'lite' } = options;
  const traffic: Traffic = { sent: 0, received: 0 };
  const agent = planeAgent(certificate, plane);
  let asked = 0;
  const tls =
    brokerUrl === undefined ? { ca: plane.authority, cert: certificate.certificate, key: certificate.key } : {};

  function clientFor(thing: string): PlaneClient {
    const client = openPlaneClient(thing, plane, agent);
    const counted = <A extends unknown[], T>(call: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) => {
      return (...args) => {
        asked++;
        return call(...args);
      };
    };
    return {
      thingGroups: counted(client.thingGroups),
      resolve: counted(client.resolve),
      credentials: counted(client.credentials),
    };
  }

  const finders = new Map<PersonalityName, ReturnType<typeof sharedFinder>>();
  const devices = things.map((thing) => {
    const name = personality(thing);
    const client = clientFor(thing);
    const find = finders.get(name) ?? sharedFinder(client, PERSONALITIES[name]);
    finders.set(name, find);
    return new SimulatedDevice({
      place: { fleet, thing },
      personality: name,
      link: new SimulatedLink({ url: brokerUrl ?? plane.mqttUrl, thing, tls, traffic }),
      plane: client,
      find,
      choose,
      installed,
      heartbeatSeconds,
      textsPerBeat,
      resultsPerBeat,
    });
  });
  const byThing = new Map(devices.map((device) => [device.thing, device]));
  for (let from = 0; from < devices.length; from += MAX_CONNECTING) {
    await Promise.all(devices.slice(from, from + MAX_CONNECTING).map((device) => device.start()));
  }
  const timers = options.beatsByItself ? devices.map((device, index) => beatOf(device, index)) : [];
  let closing: Promise<void> | undefined;

  function beatOf(device: SimulatedDevice, index: number): { end(): void } {
    const periodMs = heartbeatSeconds * 1000;
    let timer = setTimeout(next, (periodMs * index) / devices.length);
    function next(): void {
      timer = setTimeout(next, periodMs);
      void device.beat();
    }
    return { end: () => clearTimeout(timer) };
  }

  return {
    devices,
    device(thing) {
      const found = byThing.get(thing);
      if (!found) throw new Error(`the fleet has no ${thing}`);
      return found;
    },
    cost: () => ({ ...traffic, asked }),
    async beat() {
      await Promise.all(devices.map((device) => device.beat()));
    },
    close() {
      for (const { end } of timers) end();
      closing ??= Promise.all(devices.map((device) => device.close())).then(() => agent.destroy());
      return closing;
    },
  };
}

/** Asks once for each candidate: what fits the same requirements is the same for all devices of one nucleus. */
function sharedFinder(client: PlaneClient, personality: Personality) {
  const platform = { os: 'linux', architecture: architecture(), runtime: personality.runtime };
  const known = new Map<string, Promise<Resolvable>>();
  return (name: string, requirements: Readonly<Record<string, string>>): Promise<Resolvable | undefined> => {
    if (name === personality.ownComponent) return Promise.resolve(undefined);
    const ranges = Object.values(requirements).toSorted();
    const key = `${name} ${ranges.join(' ')}`;
    const found =
      known.get(key) ??
      client.resolve({ name, version: undefined, requirements }, platform).then((text) => {
        const recipe = readRecipe(text, `${name} of the cloud`, personality);
        if (ranges.every((range) => satisfies(recipe.version, range))) return recipe;
        throw new Error(`the cloud answered ${name} ${recipe.version} to ${ranges.join(' ')}`);
      });
    known.set(key, found);
    found.catch(() => known.delete(key));
    return found;
  };
}
