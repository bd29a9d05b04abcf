import { z } from 'zod';

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

/**
 * Every topic of Verge, and who publishes to it. The access control of the recipes is made from this table, so a topic
 * that is not here is one that the device may not use (fact G7).
 */
export const TOPIC_TABLE = [
  ...TELEMETRY_STREAMS.map((name) => ({ root: 'dt' as const, name, publisher: 'device' as const })),
  ...COMMANDS.map((name) => ({ root: 'cmd' as const, name, publisher: 'cloud' as const })),
];

/** Where other components on the device bring texts to; device-local, so without fleet and thing. */
export const LOCAL_CLASSIFY_TOPIC = 'verge/local/classify';
/** Below this the asker chooses the topic of its replies. */
export const LOCAL_REPLY_ROOT = 'verge/reply';

/**
 * Every device-local topic (Greengrass IPC), and who publishes to it. `resource` is what access control names: the runtime
 * subscribes to the first and publishes to the second, an asker the other way round with its own reply topic alone.
 */
export const LOCAL_TOPICS = [
  { name: 'classify', publisher: 'component', resource: LOCAL_CLASSIFY_TOPIC },
  { name: 'reply', publisher: 'runtime', resource: `${LOCAL_REPLY_ROOT}/*` },
] as const;

/** The topic that an asker wants its replies on: one to three levels below `verge/reply`, such as its component's name. */
export const replyTopicSchema = z
  .string()
  .max(MAX_TOPIC_BYTES)
  .regex(
    new RegExp(`^${LOCAL_REPLY_ROOT}(?:/[A-Za-z0-9._:-]+){1,3}$`),
    `a reply topic is ${LOCAL_REPLY_ROOT}/ and one to three levels of letters, digits and . _ : -`,
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
