import * as z from 'zod';
import { eventDataExample, eventDataSchema } from './event.ts';
import { healthDataExample, healthDataSchema } from './health.ts';
import { instantSchema } from './parts.ts';
import { resultDataExample, resultDataSchema } from './result.ts';
import { sampleDataExample, sampleDataSchema } from './sample.ts';
import { statsDataExample, statsDataSchema } from './stats.ts';
import { MAX_TOPIC_BYTES, type Place, type TelemetryStream, telemetryTopic } from './topics.ts';

/** The schema of each stream's `data`. */
export const DATA_SCHEMAS = {
  result: resultDataSchema,
  health: healthDataSchema,
  stats: statsDataSchema,
  event: eventDataSchema,
  sample: sampleDataSchema,
} as const satisfies Record<TelemetryStream, z.ZodType>;

export type DataOf<S extends TelemetryStream> = z.infer<(typeof DATA_SCHEMAS)[S]>;

/** `type` of a stream's CloudEvents; the number is the `schemaVersion` of their data. */
export function eventTypeOf<S extends TelemetryStream>(stream: S): `dev.verge.${S}.v1` {
  return `dev.verge.${stream}.v1`;
}

/** CloudEvents 1.0, structured JSON. `source` (the topic) and `id` together are unique, as CloudEvents demands. */
export const envelopeShellSchema = z.object({
  specversion: z.literal('1.0'),
  /** `<thing>:<boot>:<seq>`; seq counts within the stream that `source` names. */
  id: z.string().max(256),
  source: z.string().min(1).max(MAX_TOPIC_BYTES),
  type: z.string().max(64),
  time: instantSchema,
  datacontenttype: z.literal('application/json').optional(),
  data: z.unknown(),
});
export type EnvelopeShell = z.infer<typeof envelopeShellSchema>;

/** A CloudEvent whose data has been checked. */
export type Envelope<S extends TelemetryStream> = Omit<EnvelopeShell, 'data' | 'type'> & {
  readonly type: `dev.verge.${S}.v1`;
  readonly data: DataOf<S>;
};

/** The schema of a whole message of one stream. */
export function envelopeSchemaOf(stream: TelemetryStream): z.ZodType {
  return envelopeShellSchema.extend({ type: z.literal(eventTypeOf(stream)), data: DATA_SCHEMAS[stream] });
}

/** The id of a message. */
export function messageId(thing: string, boot: string, seq: number): string {
  return `${thing}:${boot}:${seq}`;
}

/** Puts data into its envelope. */
export function makeEnvelope<S extends TelemetryStream>(
  place: Place,
  stream: S,
  data: DataOf<S>,
  time: Date,
): Envelope<S> {
  return {
    specversion: '1.0',
    id: messageId(place.thing, data.boot, data.seq),
    source: telemetryTopic(place, stream),
    type: eventTypeOf(stream),
    time: time.toISOString(),
    datacontenttype: 'application/json',
    data,
  };
}

/** A whole message of each stream, as it goes over the wire. */
export const messageExamples: { readonly [S in TelemetryStream]: Envelope<S> } = (() => {
  const place = { fleet: 'bakeries', thing: 'oven-17' };
  const time = new Date('2026-05-04T09:21:07.310Z');
  return {
    result: makeEnvelope(place, 'result', resultDataExample, time),
    health: makeEnvelope(place, 'health', healthDataExample, time),
    stats: makeEnvelope(place, 'stats', statsDataExample, time),
    event: makeEnvelope(place, 'event', eventDataExample, time),
    sample: makeEnvelope(place, 'sample', sampleDataExample, time),
  };
})();
