import { DATA_SCHEMAS, type DataOf, type Envelope, envelopeShellSchema, eventTypeOf, messageId } from './envelope.ts';
import { MESSAGE_SCHEMA_VERSION } from './parts.ts';
import { failed, type ReadOutcome, readAs, readJson, readVersionedValue } from './read-json.ts';
import { type Place, parseTopic, type TelemetryStream } from './topics.ts';

/** A telemetry message that has been checked, with the place that its topic names. */
export type ReadMessage = { [S in TelemetryStream]: MessageOf<S> }[TelemetryStream];

export interface MessageOf<S extends TelemetryStream> {
  readonly stream: S;
  readonly place: Place;
  readonly envelope: Envelope<S>;
}

/**
 * Reads a telemetry message off the wire: topic, envelope and data, and whether they speak of the same device and the
 * same message. Unknown fields are ignored, unknown versions refused. Never throws.
 */
export function readMessage(topic: string, payload: Uint8Array): ReadOutcome<ReadMessage> {
  const place = parseTopic(topic);
  if (place?.root !== 'dt') {
    return failed('MESSAGE_TYPE_UNKNOWN', `the topic ${topic.slice(0, 100)} is none of Verge's telemetry`);
  }
  const json = readJson(payload);
  if (!json.ok) return json;
  const shell = readAs(envelopeShellSchema, json.value);
  if (!shell.ok) return shell;
  const { type, source, id, data } = shell.value;
  const stream = place.name;
  if (type !== eventTypeOf(stream)) {
    const older = new RegExp(`^dev\\.verge\\.${stream}\\.v\\d{1,4}$`).test(type);
    return older
      ? failed('MESSAGE_VERSION_UNKNOWN', `the type is ${type}, and this Verge reads ${eventTypeOf(stream)}`)
      : failed('MESSAGE_TYPE_UNKNOWN', `the type is ${type}, where the topic carries ${eventTypeOf(stream)}`);
  }
  const read = readVersionedValue<DataOf<TelemetryStream>>(DATA_SCHEMAS[stream], MESSAGE_SCHEMA_VERSION, data);
  if (!read.ok) return read;
  if (source !== topic || id !== messageId(place.thing, read.value.boot, read.value.seq)) {
    return failed('MESSAGE_SENDER_MISMATCH', `the message says it is ${id} of ${source}, and came on ${topic}`);
  }
  const envelope = { ...shell.value, type, data: read.value };
  // The schema was chosen by the stream, which the type system cannot follow through the table.
  return { ok: true, value: { stream, place: { fleet: place.fleet, thing: place.thing }, envelope } as ReadMessage };
}
