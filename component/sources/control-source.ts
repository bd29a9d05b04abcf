import { controlCommandSchema } from '../contract/command.ts';
import { MESSAGE_SCHEMA_VERSION } from '../contract/parts.ts';
import { readVersioned } from '../contract/read-json.ts';
import { commandTopic, type Place } from '../contract/topics.ts';
import type { Link, LinkSubscription } from '../link/link.ts';
import type { RequestRefused } from './command-source.ts';

export interface ControlSourceOptions {
  readonly place: Place;
  readonly link: Link;
  readonly reportHealth: () => Promise<void>;
  readonly onRefused: RequestRefused;
}

/** Orders from the MQTT control topic. */
export function startControlSource({ place, link, reportHealth, onRefused }: ControlSourceOptions): LinkSubscription {
  return link.subscribe(commandTopic(place, 'control'), async ({ topic, payload }) => {
    const read = readVersioned(controlCommandSchema, MESSAGE_SCHEMA_VERSION, payload);
    if (read.ok) await reportHealth();
    else onRefused({ code: read.failure.code, message: `an order on ${topic} was refused: ${read.failure.message}` });
  });
}
