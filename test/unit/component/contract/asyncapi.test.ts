import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TOPIC_TABLE } from '../../../../component/contract/topics.ts';
import { repositoryPath } from '../../../support/paths.ts';

const built = readFileSync(repositoryPath('dist/schemas/asyncapi.yaml'), 'utf8');
const WARNING = 1;

describe('the AsyncAPI document', () => {
  it('in docs/ is what the build writes from the contract', () => {
    const committed = readFileSync(repositoryPath('docs/asyncapi.yaml'), 'utf8');

    expect(committed === built, 'run `npm run contracts`').toBe(true);
  });

  it('passes the parser of AsyncAPI itself, with a channel for every topic in the direction of the device', async () => {
    const { document, diagnostics } = await new Parser().parse(built);

    const operations = document?.operations().all() ?? [];
    const found = operations.map((operation) => [operation.channels()[0]?.address(), operation.action()]);
    const wanted = TOPIC_TABLE.filter(({ root }) => root === 'dt' || root === 'cmd').map(
      ({ root, name, publisher }) => [
        `${root}/verge/{fleet}/{thing}/${name}`,
        publisher === 'device' ? 'send' : 'receive',
      ],
    );
    expect(diagnostics.filter(({ severity }) => severity <= WARNING)).toEqual([]);
    expect(found).toEqual(wanted);
  });

  it('would not pass with an action that AsyncAPI does not know', async () => {
    const { diagnostics } = await new Parser().parse(built.replace('action: send', 'action: shout'));

    expect(diagnostics.some(({ severity }) => severity <= WARNING)).toBe(true);
  });

  it('has examples that a foreign validator takes, by the payload beside them', () => {
    const { messages } = parse(built).components;

    for (const [name, { payload, examples }] of Object.entries<{ payload: object; examples: { payload: unknown }[] }>(
      messages,
    )) {
      const accepts = new Ajv({ validateFormats: false }).compile(payload);
      expect(
        examples.map((example) => accepts(example.payload)),
        name,
      ).toEqual([true]);
      expect(accepts({}), name).toBe(false);
    }
  });
});
