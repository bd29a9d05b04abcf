import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type Collection, openCollection } from '../aws/collection.ts';
import { type AwsPlace, arnOf, restOfArn } from '../aws/place.ts';
import { alreadyExists, invalid, notFound } from './refusals.ts';

export interface Thing {
  readonly name: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ThingGroup {
  readonly name: string;
  readonly id: string;
  readonly description?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly things: readonly string[];
}

/** What a job or a deployment is for. */
export type Target =
  | { readonly kind: 'thing'; readonly name: string }
  | { readonly kind: 'group'; readonly name: string };

/** Things and groups of things. */
export interface Registry {
  readonly place: AwsPlace;
  things(): readonly Thing[];
  groups(): readonly ThingGroup[];
  /** @throws AwsError ResourceNotFoundException */
  thing(name: string): Thing;
  group(name: string): ThingGroup;
  createThing(name: string, attributes: Thing['attributes']): Thing;
  deleteThing(name: string): void;
  createGroup(name: string, description: string | undefined, now: Date): ThingGroup;
  deleteGroup(name: string): void;
  /** Idempotent, as it is at AWS. */
  addToGroup(thing: string, group: string): void;
  removeFromGroup(thing: string, group: string): void;
  groupsOf(thing: string): readonly ThingGroup[];
  /** What an ARN names, whether or not it is there. @throws AwsError InvalidRequestException */
  targetOf(arn: string): Target;
  arn(target: Target): string;
  /** Calls for every thing that joins a group. */
  onJoin(listener: (thing: string, group: string) => void): void;
}

const NAME = /^[a-zA-Z0-9:_-]{1,128}$/;

export function openRegistry(folder: string, place: AwsPlace): Registry {
  const things: Collection<Thing> = openCollection(path.join(folder, 'things'));
  const groups: Collection<ThingGroup> = openCollection(path.join(folder, 'groups'));
  const listeners: ((thing: string, group: string) => void)[] = [];
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  const arn = ({ kind, name }: Target): string =>
    arnOf(place, 'iot', kind === 'thing' ? `thing/${name}` : `thinggroup/${name}`);

  const registry: Registry = {
    place,
    things: () => things.all().toSorted(byName),
    groups: () => groups.all().toSorted(byName),
    thing(name) {
      const found = things.get(name);
      if (!found) throw notFound(`Thing ${name} can not be found.`);
      return found;
    },
    group(name) {
      const found = groups.get(name);
      if (!found) throw notFound(`Thing group ${name} can not be found.`);
      return found;
    },
    createThing(name, attributes) {
      checkName(name);
      const known = things.get(name);
      if (known && !same(known.attributes, attributes)) throw alreadyExists(name, arn({ kind: 'thing', name }));
      const thing = known ?? { name, id: randomUUID(), attributes };
      if (!known) things.put(name, thing);
      return thing;
    },
    deleteThing(name) {
      for (const group of registry.groupsOf(name)) registry.removeFromGroup(name, group.name);
      things.delete(name);
    },
    createGroup(name, description, now) {
      checkName(name);
      const known = groups.get(name);
      if (known && known.description !== description) throw alreadyExists(name, arn({ kind: 'group', name }));
      const described = description === undefined ? {} : { description };
      const group = known ?? { name, id: randomUUID(), ...described, createdAt: now.toISOString(), things: [] };
      if (!known) groups.put(name, group);
      return group;
    },
    deleteGroup: (name) => void groups.delete(name),
    addToGroup(thing, name) {
      registry.thing(thing);
      const group = registry.group(name);
      if (group.things.includes(thing)) return;
      groups.put(name, { ...group, things: [...group.things, thing].toSorted() });
      for (const listener of listeners) listener(thing, name);
    },
    removeFromGroup(thing, name) {
      const group = registry.group(name);
      groups.put(name, { ...group, things: group.things.filter((other) => other !== thing) });
    },
    groupsOf: (thing) => registry.groups().filter((group) => group.things.includes(thing)),
    targetOf(text) {
      const [, kind, name] = restOfArn(place, 'iot', text)?.match(/^(thing|thinggroup)\/(.+)$/) ?? [];
      if (name === undefined) throw invalid(`${text} is no thing or thing group of this account and region`);
      return { kind: kind === 'thing' ? 'thing' : 'group', name };
    },
    arn,
    onJoin: (listener) => void listeners.push(listener),
  };
  return registry;
}

function checkName(name: string): void {
  if (!NAME.test(name)) throw invalid(`The name ${JSON.stringify(name)} does not match ${NAME.source}`);
}

function same(a: Thing['attributes'], b: Thing['attributes']): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}
