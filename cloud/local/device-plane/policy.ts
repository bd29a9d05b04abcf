import { TOPIC_TABLE } from '../../../component/contract/topics.ts';
import { MQTT_SERVICE, useOf } from '../../../recipes/access-control.ts';
import { filterCovers } from '../broker/filter-covers.ts';
import type { TopicRights } from '../broker/secure-listener.ts';

/** What a thing may do with topics, as the IoT policy of a fleet says: filters in which `{iot:thingName}` is its name. */
export interface DevicePolicy {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const OWN_TOPICS = '$aws/things/{iot:thingName}/#';

function topicsOf(action: 'publish' | 'subscribe'): string[] {
  const uses = TOPIC_TABLE.map(useOf).filter((use) => use.service === MQTT_SERVICE && use.action === action);
  return uses.map(({ resource }) => resource);
}

/** The topics that IoT and Greengrass keep for the thing (facts D1, D5), and those of the contract with its name in them. */
export const DEVICE_POLICY: DevicePolicy = {
  publish: [OWN_TOPICS, ...topicsOf('publish')],
  subscribe: [OWN_TOPICS, ...topicsOf('subscribe')],
};

export function rightsOf({ publish, subscribe }: DevicePolicy, thing: string): TopicRights {
  const filled = (filters: readonly string[]): string[] =>
    filters.map((filter) => filter.replaceAll('{iot:thingName}', thing));
  const [sends, hears] = [filled(publish), filled(subscribe)];
  return {
    mayPublish: (topic) => sends.some((filter) => filterCovers(filter, topic)),
    maySubscribe: (wanted) => hears.some((filter) => filterCovers(filter, wanted)),
  };
}
