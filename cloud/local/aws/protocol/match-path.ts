import type { StaticOperationSchema } from '@smithy/types';
import { decodePart, queryPairs, type RequestHead } from '../request.ts';
import { inputOf, type Operations, requiredMembers } from './operations.ts';
import type { Route } from './protocol.ts';

interface Pattern {
  readonly method: string;
  readonly segments: readonly string[];
  /** Query that must be there; without a value, the name must. */
  readonly query: readonly (readonly [string, string])[];
  /** Query names of required members. */
  readonly required: readonly string[];
  /** Header names of required members. */
  readonly headers: readonly string[];
}

const patterns = new WeakMap<StaticOperationSchema, Pattern>();

/**
 * The operation whose method, path, query and required headers fit. Of several, the one that asks for most and has the
 * fewest placeholders: `PUT /{Key+}?partNumber=…&uploadId=…` is UploadPart and not PutObject.
 */
export function matchPath(
  head: RequestHead,
  path: string,
  operations: Operations,
  accepts: (schema: StaticOperationSchema) => boolean = () => true,
): Route | undefined {
  let best: { route: Route; score: number } | undefined;
  for (const [name, schema] of operations) {
    if (!accepts(schema)) continue;
    const pattern = patternOf(schema);
    if (pattern.method !== head.method || !fitsHead(pattern, head)) continue;
    const labels = fitPath(pattern.segments, path.split('/').slice(1));
    if (!labels) continue;
    const asked = pattern.query.length + pattern.required.length + pattern.headers.length;
    const score = asked * 100 - Object.keys(labels).length;
    if (!best || score > best.score) best = { route: { name, schema, labels }, score };
  }
  return best?.route;
}

/** Status of a success. */
export function statusOf(schema: StaticOperationSchema): number {
  return httpTrait(schema)[2];
}

function httpTrait(schema: StaticOperationSchema): [string, string, number] {
  const traits = schema[3];
  const http = typeof traits === 'object' ? traits.http : undefined;
  return http ?? ['', '', 200];
}

function patternOf(schema: StaticOperationSchema): Pattern {
  const known = patterns.get(schema);
  if (known) return known;
  const [method, uri] = httpTrait(schema);
  const [path = '', query = ''] = uri.split('?');
  const input = inputOf(schema);
  const required = requiredMembers(input).map((name) => input.getMemberSchema(name).getMergedTraits());
  // `x-id` is for people who read logs; not every client sends it.
  const pattern = {
    method,
    segments: path.split('/').slice(1),
    query: queryPairs(query).filter(([name]) => name !== 'x-id'),
    required: required.map(({ httpQuery }) => httpQuery).filter((name) => name !== undefined),
    headers: required.map(({ httpHeader }) => httpHeader?.toLowerCase()).filter((name) => name !== undefined),
  };
  patterns.set(schema, pattern);
  return pattern;
}

function fitsHead({ query, required, headers }: Pattern, head: RequestHead): boolean {
  const { parameters } = head;
  return (
    query.every(([name, value]) => parameters.has(name) && (value === '' || parameters.get(name) === value)) &&
    required.every((name) => parameters.has(name)) &&
    headers.every((name) => head.headers[name] !== undefined)
  );
}

/** `{name}` takes one segment (an ARN stays encoded in it, fact D6), `{name+}` all that follow. */
function fitPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const placeholder = expected.match(/^\{(\w+)(\+?)\}$/);
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (!placeholder) {
      if (decodePart(segment) !== expected) return undefined;
      continue;
    }
    const [, name = '', greedy] = placeholder;
    const value = decodePart(greedy ? segments.slice(index).join('/') : segment);
    if (value === '') return undefined;
    labels[name] = value;
    if (greedy) return labels;
  }
  return segments.length === pattern.length ? labels : undefined;
}
