import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { rolloutErrors } from '../errors.ts';
import { type Plan, planSchema } from './plan-schema.ts';

/** A thousand named things and some gates are far smaller. */
const MAX_PLAN_BYTES = 256 * 1024;
const MAX_ISSUES = 5;

/**
 * Reads a plan: YAML, or JSON, which is YAML.
 * @param place the file, as it stands in the sentence
 * @throws VergeError ROLLOUT_PLAN_INVALID, with key, line and column
 */
export function readPlan(text: string, place: string): Plan {
  if (Buffer.byteLength(text) > MAX_PLAN_BYTES) throw invalid(`${place} has over ${MAX_PLAN_BYTES} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${place}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw invalid(`${at(broken.pos[0])} is no YAML (${broken.message})`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(`${place} is no plain YAML (${error instanceof Error ? error.message : String(error)})`);
  }
  const read = planSchema.safeParse(value);
  if (read.success) return read.data;
  const sentences = read.error.issues
    .slice(0, MAX_ISSUES)
    .map((issue) => `${at(offsetOf(document, issue))}: ${issue.path.join('.') || 'the plan'}: ${issue.message}`);
  throw invalid(sentences.join('; '));
}

/** Where the value stands, or the nearest one around it. */
function offsetOf(document: ReturnType<typeof parseDocument>, issue: z.core.$ZodIssue): number {
  const [unknownKey] = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    // Nodes that were parsed carry their range.
    const range = (node as { range?: readonly number[] } | undefined)?.range;
    if (range?.[0] !== undefined) return range[0];
  }
  return 0;
}

function invalid(what: string): Error {
  return rolloutErrors.make('ROLLOUT_PLAN_INVALID', what);
}
