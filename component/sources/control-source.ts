import { controlCommandShellSchema } from '../contract/command.ts';
import { MESSAGE_SCHEMA_VERSION } from '../contract/parts.ts';
import { readVersioned } from '../contract/read-json.ts';
import { commandTopic, type Place } from '../contract/topics.ts';
import type { Link, LinkSubscription } from '../link/link.ts';
import type { MessageTold, RequestRefused } from './command-source.ts';

export interface ControlSourceOptions {
  readonly place: Place;
  readonly link: Link;
  readonly reportHealth: () => Promise<void>;
  readonly onRefused: RequestRefused;
  readonly onSentAt: MessageTold;
}

/** Orders from the MQTT control topic. */
export function startControlSource(options: ControlSourceOptions): LinkSubscription {
  const { place, link, reportHealth, onRefused, onSentAt } = options;
  return link.subscribe(commandTopic(place, 'control'), async ({ topic, payload, kept }) => {
    const read = readVersioned(controlCommandShellSchema, MESSAGE_SCHEMA_VERSION, payload);
    if (!read.ok) {
      onRefused({ code: read.failure.code, message: `an order on ${topic} was refused: ${read.failure.message}` });
      return;
    }
    if (kept !== true && read.value.sentAt !== undefined) onSentAt(read.value.sentAt);
    await reportHealth();
  });
}
