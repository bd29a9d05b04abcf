import * as z from 'zod';
import { planExample, planSchema } from './plan/plan-schema.ts';
import { rolloutStateSchema, stateExample } from './state.ts';

/** JSON Schema (draft 2020-12) of what a rollout is written in, by file name, as the build writes it beside the contract's. */
export function rolloutSchemas(): ReadonlyMap<string, object> {
  const published = [
    { name: 'rollout-plan', title: 'Plan of a rollout (YAML)', schema: planSchema, example: planExample, io: 'input' },
    {
      name: 'rollout-state',
      title: 'State of a rollout: rollouts/<id>/state.json',
      schema: rolloutStateSchema,
      example: stateExample,
      io: 'output',
    },
  ] as const;
  return new Map(
    published.map(({ name, title, schema, example, io }) => {
      const generated = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
      return [`${name}.schema.json`, { title, ...generated, examples: [example] }];
    }),
  );
}
