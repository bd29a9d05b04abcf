/**
 * IoT's control plane as far as Greengrass and rollouts need it: things, static groups, certificates where there is somebody
 * to issue them, endpoints, role aliases and what became of jobs.
 *
 * What it does not do: policies, certificates of others, thing types, nested and dynamic groups, billing groups, indexing, jobs
 * that a caller creates, rates, abort criteria, timeouts and retries of jobs (a job reaches all its things at once), rules.
 */

import path from 'node:path';
import * as client from '@aws-sdk/client-iot';
import { type PageRequest, pageOf } from '../aws/page.ts';
import { restJson } from '../aws/protocol/rest-json.ts';
import { type Call, defineService, type Handler, type Service } from '../aws/service.ts';
import { certificateHandlers } from './certificate-handlers.ts';
import type { Certificates } from './certificates.ts';
import { jobHandlers } from './job-handlers.ts';
import type { Jobs } from './jobs.ts';
import { INVALID, invalid, PAGES } from './refusals.ts';
import type { Registry, Thing } from './registry.ts';
import { openRoleAliases, type RoleAliases } from './role-aliases.ts';

export interface IotOptions {
  readonly folder: string;
  readonly registry: Registry;
  readonly jobs: Jobs;
  /** Address of each endpoint, by its type: `iot:Data-ATS`, `iot:CredentialProvider`. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Default: none can be made. */
  readonly certificates?: Certificates;
  /** Default: those in the folder; give them where devices shall ask for credentials. */
  readonly roleAliases?: RoleAliases;
}

export function iotService({ folder, registry, jobs, endpoints, certificates, roleAliases }: IotOptions): Service {
  const aliases = roleAliases ?? openRoleAliases(path.join(folder, 'role-aliases'), registry.place);
  return defineService({
    name: 'iot',
    client: { ...client },
    protocol: restJson({ invalid: INVALID, throttledStatus: 400 }),
    handlers: {
      ...thingHandlers(registry),
      ...groupHandlers(registry),
      ...jobHandlers(registry, jobs),
      ...(certificates ? certificateHandlers(registry, certificates) : {}),
      DescribeEndpoint({ endpointType = 'iot:Data' }: client.DescribeEndpointCommandInput) {
        const endpointAddress = endpoints[endpointType];
        if (endpointAddress === undefined) throw invalid(`There is no endpoint of the type ${endpointType}`);
        return { endpointAddress };
      },
      CreateRoleAlias({ roleAlias = '', roleArn = '' }: client.CreateRoleAliasCommandInput) {
        aliases.create(roleAlias, roleArn);
        return { roleAlias, roleAliasArn: aliases.arn(roleAlias) };
      },
      DescribeRoleAlias({ roleAlias = '' }: client.DescribeRoleAliasCommandInput) {
        const { roleArn } = aliases.get(roleAlias);
        return { roleAliasDescription: { roleAlias, roleAliasArn: aliases.arn(roleAlias), roleArn } };
      },
    },
  });
}

function thingHandlers(registry: Registry): Record<string, Handler> {
  const arn = (name: string): string => registry.arn({ kind: 'thing', name });
  const describe = ({ name, id, attributes }: Thing): object => ({
    thingName: name,
    thingId: id,
    thingArn: arn(name),
    attributes,
    version: 1,
  });
  return {
    CreateThing: ({ thingName = '', attributePayload }: client.CreateThingCommandInput) =>
      describe(registry.createThing(thingName, attributePayload?.attributes ?? {})),
    DescribeThing: ({ thingName = '' }: client.DescribeThingCommandInput) => ({
      ...describe(registry.thing(thingName)),
      defaultClientId: thingName,
    }),
    DeleteThing({ thingName = '' }: client.DeleteThingCommandInput) {
      registry.deleteThing(thingName);
      return {};
    },
    ListThings(input: client.ListThingsCommandInput) {
      const { attributeName: name, attributeValue: value } = input;
      const wanted = registry.things().filter(({ attributes }) => name === undefined || attributes[name] === value);
      const { items, nextToken } = pageOf(wanted, (thing) => thing.name, input, PAGES);
      return { things: items.map(describe), nextToken };
    },
    ListThingGroupsForThing(input: client.ListThingGroupsForThingCommandInput) {
      const { name } = registry.thing(input.thingName ?? '');
      return groupPage(registry, registry.groupsOf(name), input);
    },
  };
}

function groupHandlers(registry: Registry): Record<string, Handler> {
  const arn = (name: string): string => registry.arn({ kind: 'group', name });
  return {
    CreateThingGroup({ thingGroupName = '', thingGroupProperties }: client.CreateThingGroupCommandInput, call: Call) {
      const description = thingGroupProperties?.thingGroupDescription;
      const { name, id } = registry.createGroup(thingGroupName, description, call.now);
      return { thingGroupName: name, thingGroupArn: arn(name), thingGroupId: id };
    },
    DescribeThingGroup({ thingGroupName = '' }: client.DescribeThingGroupCommandInput) {
      const { name, id, description, createdAt } = registry.group(thingGroupName);
      return {
        thingGroupName: name,
        thingGroupId: id,
        thingGroupArn: arn(name),
        version: 1,
        thingGroupProperties: { thingGroupDescription: description },
        thingGroupMetadata: { creationDate: new Date(createdAt) },
      };
    },
    DeleteThingGroup({ thingGroupName = '' }: client.DeleteThingGroupCommandInput) {
      registry.deleteGroup(thingGroupName);
      return {};
    },
    ListThingGroups(input: client.ListThingGroupsCommandInput) {
      const start = input.namePrefixFilter ?? '';
      const wanted = registry.groups().filter(({ name }) => name.startsWith(start));
      return groupPage(registry, wanted, input);
    },
    AddThingToThingGroup(input: client.AddThingToThingGroupCommandInput) {
      const { thing, group } = memberOf(registry, input);
      registry.addToGroup(thing, group);
      return {};
    },
    RemoveThingFromThingGroup(input: client.RemoveThingFromThingGroupCommandInput) {
      const { thing, group } = memberOf(registry, input);
      registry.removeFromGroup(thing, group);
      return {};
    },
    ListThingsInThingGroup(input: client.ListThingsInThingGroupCommandInput) {
      const { things } = registry.group(input.thingGroupName ?? '');
      const { items, nextToken } = pageOf(things, (name) => name, input, PAGES);
      return { things: items, nextToken };
    },
  };
}

function groupPage(
  registry: Registry,
  groups: readonly { readonly name: string }[],
  input: PageRequest,
): { thingGroups: object[]; nextToken: string | undefined } {
  const { items, nextToken } = pageOf(groups, ({ name }) => name, input, PAGES);
  const thingGroups = items.map(({ name }) => ({
    groupName: name,
    groupArn: registry.arn({ kind: 'group', name }),
  }));
  return { thingGroups, nextToken };
}

/** Either may be given by name or by ARN. */
function memberOf(
  registry: Registry,
  { thingName, thingArn, thingGroupName, thingGroupArn }: client.AddThingToThingGroupCommandInput,
): { thing: string; group: string } {
  const thing = thingName ?? (thingArn && registry.targetOf(thingArn).name);
  const group = thingGroupName ?? (thingGroupArn && registry.targetOf(thingGroupArn).name);
  if (!thing || !group) throw invalid('Either a name or an ARN must be given, of a thing and of a thing group');
  return { thing, group };
}
