import type * as z from 'zod';
import { readJson } from '../../contract/read-json.ts';
import { type HttpCall, type Named, Refusal } from './service.ts';

const MAX_ISSUES = 3;

/** The body as JSON. @throws Refusal SerializationException, which is what AWS says of JSON that is none */
export function readJsonBody({ body }: Pick<HttpCall, 'body'>): unknown {
  const json = readJson(body, body.length);
  if (json.ok) return json.value;
  throw new Refusal({ type: 'SerializationException', status: 400 }, json.failure.message);
}

/** Checks an operation's input. The words are those of AWS's own validation, less the value. @throws Refusal of the kind given */
export function readInput<T>(schema: z.ZodType<T>, value: unknown, named: Named): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const found = issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `Value at '${path.join('.').slice(0, 100)}' failed to satisfy constraint: ${message}`);
  const head = `${issues.length} validation error${issues.length === 1 ? '' : 's'} detected: `;
  throw new Refusal(named, head + found.join('; '));
}
