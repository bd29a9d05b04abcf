import * as z from 'zod';

/** What a device publishes; one MQTT topic each. */
export const TELEMETRY_STREAMS = ['result', 'health', 'stats', 'event', 'sample'] as const;
/** What a device listens to; one MQTT topic each. */
export const COMMANDS = ['classify', 'control'] as const;

export type TelemetryStream = (typeof TELEMETRY_STREAMS)[number];
export type CommandName = (typeof COMMANDS)[number];

/** The longest topic that IoT Core takes, in bytes (fact G8). */
export const MAX_TOPIC_BYTES = 256;
/** The most slashes that IoT Core takes in a topic (fact G8). */
export const MAX_TOPIC_SLASHES = 7;

const ROOT = 'verge';

/** A fleet is one topic level. Short and lower case, so that with the longest thing name the topic stays within G8. */
export const fleetNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'a fleet is 1 to 63 lower-case letters, digits and inner hyphens');
/** An IoT thing name: it can hold none of MQTT's `+`, `#` and `/`. */
export const thingNameSchema = z
  .string()
  .max(128)
  .regex(/^[a-zA-Z0-9:_-]+$/, 'a thing name is 1 to 128 letters, digits, colons, hyphens and underscores');

/** Local pub/sub: any component of the device asks here, and names the topic that it wants its answers on. */
export const LOCAL_REQUEST_TOPIC = `${ROOT}/classify/request`;
/** Answers go to topics one level below. */
export const LOCAL_REPLY_ROOT = `${ROOT}/classify/reply`;
/** Where aws.greengrass.Cloudwatch listens on the device unless its configuration says otherwise. */
export const CLOUD_WATCH_TOPIC = 'cloudwatch/metric/put';
/** Who asks locally, such as the component's name: one topic level, by the rules for component names (fact G3). */
export const askerSchema = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,128}$/, 'an asker is 1 to 128 letters, digits, dots, hyphens and underscores');

/**
 * Every topic of Verge, and who publishes to it. The access control of the recipes is made from this table, so a topic
 * that is not here is one that the device may not use (fact G7). `dt` and `cmd` go through IoT Core or a broker and carry
 * fleet and thing; `local` is the device's own pub/sub, and `metrics` that of the component aws.greengrass.Cloudwatch.
 */
export const TOPIC_TABLE = [
  ...TELEMETRY_STREAMS.map((name) => ({ root: 'dt' as const, name, publisher: 'device' as const })),
  ...COMMANDS.map((name) => ({ root: 'cmd' as const, name, publisher: 'cloud' as const })),
  { root: 'local' as const, name: 'request' as const, publisher: 'component' as const },
  { root: 'local' as const, name: 'reply' as const, publisher: 'device' as const },
  { root: 'metrics' as const, name: 'put' as const, publisher: 'device' as const },
];

export type TopicRow = (typeof TOPIC_TABLE)[number];

/** The topic that an asker wants its replies on: its own name below `verge/classify/reply`. */
export const replyTopicSchema = z
  .string()
  .regex(
    new RegExp(`^${LOCAL_REPLY_ROOT}/[a-zA-Z0-9._-]{1,128}$`),
    `a reply topic is ${LOCAL_REPLY_ROOT}/ and a name of letters, digits, dots, hyphens and underscores`,
  );

/** Where a device lives in the topic tree. */
export interface Place {
  readonly fleet: string;
  readonly thing: string;
}

/** A topic taken apart. */
export type ParsedTopic =
  | (Place & { readonly root: 'dt'; readonly name: TelemetryStream })
  | (Place & { readonly root: 'cmd'; readonly name: CommandName });

/** The topic of a telemetry stream, such as `dt/verge/<fleet>/<thing>/result`. @throws ZodError for names outside the rules */
export function telemetryTopic(place: Place, stream: TelemetryStream): string {
  return buildTopic('dt', place, stream);
}

/** The topic of a command, such as `cmd/verge/<fleet>/<thing>/classify`. @throws ZodError for names outside the rules */
export function commandTopic(place: Place, command: CommandName): string {
  return buildTopic('cmd', place, command);
}

/** The topic of answers to a local asker. @throws ZodError for names outside the rules */
export function localReplyTopic(asker: string): string {
  return `${LOCAL_REPLY_ROOT}/${askerSchema.parse(asker)}`;
}

/** Subscribes to one stream of one thing, one fleet or all: what is absent becomes `+`. @throws ZodError */
export function telemetryFilter(stream: TelemetryStream, place: Partial<Place> = {}): string {
  const fleet = place.fleet === undefined ? '+' : fleetNameSchema.parse(place.fleet);
  const thing = place.thing === undefined ? '+' : thingNameSchema.parse(place.thing);
  return `dt/${ROOT}/${fleet}/${thing}/${stream}`;
}

/** Takes a topic apart; undefined where it is none of ours. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  if (topic.length > MAX_TOPIC_BYTES) return undefined;
  const [root, product, fleet, thing, name, ...rest] = topic.split('/');
  if (product !== ROOT || rest.length > 0) return undefined;
  if (!fleetNameSchema.safeParse(fleet).success || !thingNameSchema.safeParse(thing).success) return undefined;
  const place = { fleet: fleet ?? '', thing: thing ?? '' };
  const stream = TELEMETRY_STREAMS.find((candidate) => candidate === name);
  const command = COMMANDS.find((candidate) => candidate === name);
  if (root === 'dt' && stream !== undefined) return { root, ...place, name: stream };
  if (root === 'cmd' && command !== undefined) return { root, ...place, name: command };
  return undefined;
}

function buildTopic(root: 'dt' | 'cmd', place: Place, name: string): string {
  return `${root}/${ROOT}/${fleetNameSchema.parse(place.fleet)}/${thingNameSchema.parse(place.thing)}/${name}`;
}
