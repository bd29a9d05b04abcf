import { onTestFinished } from 'vitest';
import {
  type SimulatedFleet,
  type SimulatedFleetOptions,
  startSimulatedFleet,
} from '../../cloud/local/simulated/simulated-fleet.ts';
import type { PlaneStack } from './device-plane.ts';

export interface TestFleetOptions extends Partial<Omit<SimulatedFleetOptions, 'plane' | 'certificate' | 'things'>> {
  readonly count: number;
  /** Groups that all are in; default: `ovens`. */
  readonly groups?: readonly string[];
  /** Default: the broker's plain listener. */
  readonly byTls?: boolean;
}

/** Simulated devices `oven-1` and so on of the fleet `bakeries`, ended with the test. */
export async function startTestFleet(stack: PlaneStack, options: TestFleetOptions): Promise<SimulatedFleet> {
  const { count, groups = ['ovens'], byTls = false, ...more } = options;
  const things = Array.from({ length: count }, (_, index) => `oven-${index + 1}`);
  for (const group of groups) stack.registry.createGroup(group, undefined, new Date());
  for (const thing of things) {
    stack.registry.createThing(thing, {});
    for (const group of groups) stack.registry.addToGroup(thing, group);
  }
  const fleet = await startSimulatedFleet({
    fleet: 'bakeries',
    things,
    plane: stack.plane.address,
    certificate: await stack.plane.enrolTogether(things),
    ...(byTls ? {} : { brokerUrl: stack.broker.url }),
    ...more,
  });
  onTestFinished(() => fleet.close());
  return fleet;
}
