import {
  CLOUD_WATCH_TOPIC,
  LOCAL_REPLY_ROOT,
  LOCAL_REQUEST_TOPIC,
  TOPIC_TABLE,
  type TopicRow,
} from '../component/contract/topics.ts';

/** One entry of a recipe's `accessControl`. */
export interface Policy {
  readonly policyDescription: string;
  readonly operations: readonly string[];
  readonly resources: readonly string[];
}

/** Service → policy id → policy. */
export type AccessControl = Readonly<Record<string, Readonly<Record<string, Policy>>>>;

export const MQTT_SERVICE = 'aws.greengrass.ipc.mqttproxy';
export const PUBSUB_SERVICE = 'aws.greengrass.ipc.pubsub';

/** The operation that sends, and the one that listens, of each service. */
export const OPERATIONS = {
  [MQTT_SERVICE]: { publish: 'aws.greengrass#PublishToIoTCore', subscribe: 'aws.greengrass#SubscribeToIoTCore' },
  [PUBSUB_SERVICE]: { publish: 'aws.greengrass#PublishToTopic', subscribe: 'aws.greengrass#SubscribeToTopic' },
} as const;

/** What the runtime does with a topic of the table. */
export interface Use {
  readonly service: keyof typeof OPERATIONS;
  readonly action: 'publish' | 'subscribe';
  readonly operation: string;
  readonly resource: string;
}

/**
 * What the runtime may do, from the contract's topic table and nothing else (fact G7).
 *
 * The thing's level is the device's own name, so no device can speak for another. The fleet's level is `+`: a recipe is one
 * for all fleets, a device learns its fleet from its configuration, and access control cannot take it from there (fact G6).
 * What `+` opens beyond that is this device's own name in another fleet. It is `+`, not `*`, since it is one level on either
 * nucleus. Local pub/sub knows `*` alone on nucleus lite; below the reply root it stands for whoever asks.
 */
export function accessControlFor(component: string): AccessControl {
  const services: Record<string, Record<string, Policy>> = {};
  for (const { service, action, operation, resource } of TOPIC_TABLE.map(useOf)) {
    const id = `${component}:${service.slice(service.lastIndexOf('.') + 1)}:${action}`;
    const policies = services[service] ?? {};
    services[service] = policies;
    policies[id] = {
      policyDescription: action === 'publish' ? 'What the runtime says' : 'What the runtime listens to',
      operations: [operation],
      resources: [...(policies[id]?.resources ?? []), resource],
    };
  }
  return services;
}

/** What the runtime does with one topic. */
export function useOf(row: TopicRow): Use {
  const action = row.publisher === 'device' ? 'publish' : 'subscribe';
  const service = row.root === 'dt' || row.root === 'cmd' ? MQTT_SERVICE : PUBSUB_SERVICE;
  return { service, action, operation: OPERATIONS[service][action], resource: resourceOf(row) };
}

function resourceOf(row: TopicRow): string {
  if (row.root === 'metrics') return CLOUD_WATCH_TOPIC;
  if (row.root !== 'local') return `${row.root}/verge/+/{iot:thingName}/${row.name}`;
  return row.name === 'request' ? LOCAL_REQUEST_TOPIC : `${LOCAL_REPLY_ROOT}/*`;
}
