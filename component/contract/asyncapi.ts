import * as z from 'zod';
import {
  classifyCommandExample,
  classifyCommandSchema,
  controlCommandExample,
  controlCommandSchema,
} from './command.ts';
import { envelopeSchemaOf, messageExamples } from './envelope.ts';
import { COMMANDS, type CommandName, TELEMETRY_STREAMS, type TelemetryStream } from './topics.ts';

/** What goes over one topic. */
interface ChannelContent {
  readonly summary: string;
  readonly schema: z.ZodType;
  readonly example: unknown;
}

const STREAMS: Readonly<Record<TelemetryStream, string>> = {
  result: 'Answers to texts, many in one message',
  health:
    'What a device says of itself at start, as a heartbeat and as a farewell; the broker says it for one that vanished',
  stats: 'Windows of statistics of each model, with drift against its baseline',
  event: 'What happened to models and messages',
  sample: 'Texts that were answered with little confidence, where the operator opted in',
};
const COMMAND_CONTENTS: Readonly<Record<CommandName, ChannelContent>> = {
  classify: { summary: 'Texts to classify', schema: classifyCommandSchema, example: classifyCommandExample },
  control: { summary: 'Tells a device what to do', schema: controlCommandSchema, example: controlCommandExample },
};

const MQTT = { mqtt: { qos: 1, bindingVersion: '0.2.0' } };

/**
 * The contract with a device as AsyncAPI 3, in the device's own view: it sends telemetry and receives commands, so whoever
 * consumes receives what it sends. Payloads are what a reader takes, in JSON Schema draft 7, as AsyncAPI has it.
 */
export function asyncApiDocument(): object {
  const telemetry = TELEMETRY_STREAMS.map((stream) => {
    const content = { summary: STREAMS[stream], schema: envelopeSchemaOf(stream), example: messageExamples[stream] };
    return { root: 'dt', name: stream, action: 'send', content } as const;
  });
  const commands = COMMANDS.map(
    (name) => ({ root: 'cmd', name, action: 'receive', content: COMMAND_CONTENTS[name] }) as const,
  );
  const all = [...telemetry, ...commands];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Verge device',
      version: '1.0.0',
      description:
        'Topics and messages of a device that classifies texts, over MQTT (AWS IoT Core or any broker). Telemetry is CloudEvents 1.0 in structured JSON, at least once: (thing, boot, stream, seq) is unique, and for a result its index too, so copies can be dropped and gaps be seen. Readers ignore fields that they do not know.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      all.map(({ root, name, content }) => [
        name,
        {
          address: `${root}/verge/{fleet}/{thing}/${name}`,
          description: content.summary,
          parameters: {
            fleet: { description: '1 to 63 lower-case letters, digits and inner hyphens', examples: ['bakeries'] },
            thing: { description: 'The name of the IoT thing', examples: ['oven-17'] },
          },
          messages: { [name]: { $ref: `#/components/messages/${name}` } },
        },
      ]),
    ),
    operations: Object.fromEntries(
      all.map(({ name, action, content }) => [
        `${action}${name[0]?.toUpperCase()}${name.slice(1)}`,
        { action, summary: content.summary, channel: { $ref: `#/channels/${name}` }, bindings: MQTT },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        all.map(({ name, content }) => [
          name,
          {
            name,
            title: content.summary,
            payload: payloadOf(content.schema),
            examples: [{ name: `${name}Example`, payload: content.example }],
          },
        ]),
      ),
    },
  };
}

function payloadOf(schema: z.ZodType): object {
  const { $schema: _dialect, ...payload } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return payload;
}
