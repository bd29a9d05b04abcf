import * as z from 'zod';
import {
  classifyCommandExample,
  classifyCommandSchema,
  controlCommandExample,
  controlCommandSchema,
} from './command.ts';
import { envelopeSchemaOf, messageExamples } from './envelope.ts';
import { localReplyExample, localReplySchema, localRequestExample, localRequestSchema } from './local.ts';
import { goldenSampleSchema, manifestSchema } from './manifest.ts';
import { settingsExample, settingsSchema } from './settings.ts';
import { TELEMETRY_STREAMS } from './topics.ts';

interface PublishedSchema {
  /** File name less `.schema.json`. */
  readonly name: string;
  readonly schema: z.ZodType;
  readonly title: string;
  readonly examples: readonly unknown[];
}

const PUBLISHED: readonly PublishedSchema[] = [
  ...TELEMETRY_STREAMS.map((stream) => ({
    name: `message-${stream}`,
    schema: envelopeSchemaOf(stream),
    title: `Payload of dt/verge/<fleet>/<thing>/${stream}`,
    examples: [messageExamples[stream]],
  })),
  {
    name: 'command-classify',
    schema: classifyCommandSchema,
    title: 'Payload of cmd/verge/<fleet>/<thing>/classify',
    examples: [classifyCommandExample],
  },
  {
    name: 'command-control',
    schema: controlCommandSchema,
    title: 'Payload of cmd/verge/<fleet>/<thing>/control',
    examples: [controlCommandExample],
  },
  {
    name: 'local-classify',
    schema: localRequestSchema,
    title: 'Payload of verge/classify/request; POST /v1/classify takes the same without replyTo',
    examples: [localRequestExample],
  },
  {
    name: 'local-reply',
    schema: localReplySchema,
    title: 'Payload of verge/classify/reply/…, and answer of POST /v1/classify',
    examples: [localReplyExample],
  },
  { name: 'settings', schema: settingsSchema, title: 'Settings of the runtime', examples: [settingsExample] },
  { name: 'manifest', schema: manifestSchema, title: 'manifest.json of a bundle', examples: [] },
  { name: 'golden', schema: goldenSampleSchema, title: 'One line of golden.jsonl of a bundle', examples: [] },
];

/**
 * JSON Schema (draft 2020-12) of everything in the contract, by file name. They describe what a reader takes: unknown
 * fields are allowed in messages.
 */
export function contractSchemas(): ReadonlyMap<string, object> {
  return new Map(
    PUBLISHED.map(({ name, schema, title, examples }) => {
      const generated = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
      return [`${name}.schema.json`, { title, ...generated, examples }];
    }),
  );
}
