import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { rolloutSchemas } from '../../../../cloud/rollout/schemas.ts';
import {
  classifyCommandExample,
  classifyCommandSchema,
  controlCommandExample,
  controlCommandSchema,
} from '../../../../component/contract/command.ts';
import { envelopeSchemaOf, messageExamples } from '../../../../component/contract/envelope.ts';
import {
  localReplyExample,
  localReplySchema,
  localRequestExample,
  localRequestSchema,
} from '../../../../component/contract/local.ts';
import { contractSchemas } from '../../../../component/contract/schemas.ts';
import { settingsExample, settingsSchema } from '../../../../component/contract/settings.ts';
import { TELEMETRY_STREAMS } from '../../../../component/contract/topics.ts';
import { repositoryPath } from '../../../support/paths.ts';

const EXAMPLES: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(TELEMETRY_STREAMS.map((stream) => [`message-${stream}`, messageExamples[stream]])),
  'command-classify': classifyCommandExample,
  'command-control': controlCommandExample,
  'local-classify': localRequestExample,
  'local-reply': localReplyExample,
  settings: settingsExample,
};

function foreignValidator(name: string): (value: unknown) => boolean {
  const schema = contractSchemas().get(`${name}.schema.json`);
  if (schema === undefined) throw new Error(`no schema ${name}`);
  // `title`, `examples` and the like are no concern of a strict validator; formats are covered by patterns.
  return new Ajv2020({ strict: true, validateFormats: false }).compile(schema);
}

describe('the JSON Schemas', () => {
  it.each(Object.entries(EXAMPLES))('accept the example of %s by a foreign validator', (name, example) => {
    const accepts = foreignValidator(name);

    expect(accepts(example)).toBe(true);
  });

  it.each(Object.keys(EXAMPLES))('refuse %s without its first required field', (name) => {
    const schema = contractSchemas().get(`${name}.schema.json`) as { required: string[] };
    const { [schema.required[0] ?? '']: _left, ...rest } = EXAMPLES[name] as Record<string, unknown>;

    const accepted = foreignValidator(name)(rest);

    expect(accepted).toBe(false);
  });

  it('let a message carry fields of a newer version, and settings none', () => {
    const message = {
      ...messageExamples.result,
      traceparent: '00-1',
      data: { ...messageExamples.result.data, new: 1 },
    };
    const settings = { ...settingsExample, heartbeatSecond: 1 };

    expect(foreignValidator('message-result')(message)).toBe(true);
    expect(foreignValidator('settings')(settings)).toBe(false);
  });

  it('refuse a message of another version', () => {
    const { result } = messageExamples;
    const accepts = foreignValidator('message-result');

    expect(accepts({ ...result, type: 'dev.verge.result.v2' })).toBe(false);
    expect(accepts({ ...result, data: { ...result.data, schemaVersion: 2 } })).toBe(false);
  });

  it('are written by the build, one file each', () => {
    const folder = repositoryPath('dist/schemas');

    const written = readdirSync(folder)
      .filter((name) => name.endsWith('.schema.json'))
      .sort();

    const wanted = new Map([...contractSchemas(), ...rolloutSchemas()]);
    expect(written).toEqual([...wanted.keys()].sort());
    for (const name of written) {
      const content = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
      expect(content).toEqual(JSON.parse(JSON.stringify(wanted.get(name))));
    }
  });
});

describe('the examples', () => {
  it('hold nothing that the schemas do not know', () => {
    const pairs = [
      ...TELEMETRY_STREAMS.map((stream) => [envelopeSchemaOf(stream), messageExamples[stream]] as const),
      [classifyCommandSchema, classifyCommandExample] as const,
      [controlCommandSchema, controlCommandExample] as const,
      [localRequestSchema, localRequestExample] as const,
      [localReplySchema, localReplyExample] as const,
    ];

    for (const [schema, example] of pairs) expect(schema.parse(example)).toEqual(example);
  });

  it('of the settings stay within one configuration value of nucleus lite (L4)', () => {
    const bytes = Buffer.byteLength(JSON.stringify(settingsExample));

    expect(bytes).toBeLessThanOrEqual(1024);
    expect(settingsSchema.parse(settingsExample)).toMatchObject(settingsExample);
  });
});
