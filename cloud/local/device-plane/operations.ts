import { Readable } from 'node:stream';
import { AwsError } from '../aws/aws-error.ts';
import type { Keyring } from '../aws/keyring.ts';
import { type AwsResponse, decodePart, type RequestHead } from '../aws/request.ts';
import type { Service } from '../aws/service.ts';
import type { Registry } from '../iot/registry.ts';
import type { RoleAliases } from '../iot/role-aliases.ts';
import { temporaryCredentials } from './credentials.ts';

export interface PlaneParts {
  readonly registry: Registry;
  readonly aliases: RoleAliases;
  readonly keyring: Keyring;
  /** Its ResolveComponentCandidates is the one that devices ask, too. */
  readonly greengrass: Service;
  /** Whether whoever asks may be this thing. */
  readonly isThing: (thing: string) => boolean;
  /** Whether it may be any thing at all. */
  readonly isSomeThing: () => boolean;
}

/** A request of a device, understood. */
export interface PlaneCall {
  readonly operation: string;
  readonly answer: (body: Buffer, now: Date) => Promise<AwsResponse> | AwsResponse;
}

/** What a device asks for over HTTPS (fact D3); undefined where it is nothing. */
export function planeCall(head: RequestHead, parts: PlaneParts): PlaneCall | undefined {
  const { registry, aliases, keyring, greengrass } = parts;
  const [, asking] = head.path.match(/^\/greengrass\/v2\/coreDevices\/([^/]+)\/thingGroups$/) ?? [];
  if (head.method === 'GET' && asking !== undefined) {
    return {
      operation: 'ListThingGroupsForCoreDevice',
      answer() {
        const thing = decodePart(asking);
        if (!parts.isThing(thing)) throw denied(`greengrass:ListThingGroupsForCoreDevice of ${thing}`);
        const thingGroups = registry.groupsOf(thing).map(({ name }) => ({
          thingGroupName: name,
          thingGroupArn: registry.arn({ kind: 'group', name }),
          rootToParentThingGroups: [],
        }));
        return json({ thingGroups });
      },
    };
  }
  const [, alias] = head.path.match(/^\/role-aliases\/([^/]+)\/credentials$/) ?? [];
  if (head.method === 'GET' && alias !== undefined) {
    return {
      operation: 'AssumeRoleWithCertificate',
      answer(_body, now) {
        const thing = head.headers['x-amzn-iot-thingname'];
        const isAllowed = thing === undefined ? parts.isSomeThing() : parts.isThing(thing);
        if (!isAllowed) throw denied('iot:AssumeRoleWithCertificate');
        return json(temporaryCredentials(decodePart(alias), { aliases, keyring }, now));
      },
    };
  }
  const route = greengrass.route(head);
  if (route?.name !== 'ResolveComponentCandidates') return undefined;
  return {
    operation: route.name,
    answer(body, now) {
      if (!parts.isSomeThing()) throw denied('greengrass:ResolveComponentCandidates');
      return greengrass.handle(route, { ...head, body: Readable.from([body]), trailers: new Map() }, now);
    },
  };
}

function denied(action: string): AwsError {
  return new AwsError('AccessDeniedException', 403, `The certificate is not authorized to perform ${action}`);
}

function json(value: object): AwsResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
