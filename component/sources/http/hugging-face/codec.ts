import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { readJson } from '../../../contract/read-json.ts';
import { containerError } from './container-error.ts';
import type { Prediction } from './predict.ts';

const JSON_TYPE = 'application/json';
const CSV_TYPE = 'text/csv';
/** As many as a command takes. */
const MAX_TEXTS = 1000;

const parametersSchema = z.strictObject({
  top_k: z.number().int().min(1).nullable().optional(),
  return_all_scores: z.boolean().optional(),
  function_to_apply: z.string().nullable().optional(),
  aggregation_strategy: z.string().optional(),
  // Of the tokenizer, which the bundle settles: a text is cut at its own length.
  truncation: z.unknown().optional(),
  max_length: z.unknown().optional(),
  padding: z.unknown().optional(),
});
const inputSchema = z.union([z.string(), z.strictObject({ text: z.string() }).transform(({ text }) => text)]);
const requestSchema = z.object({
  inputs: z.union([inputSchema, z.array(inputSchema).min(1).max(MAX_TEXTS)]),
  parameters: parametersSchema.nullable().optional(),
});

/** A request as the container's pipeline would get it. */
export interface Inputs {
  readonly texts: readonly string[];
  /** Whether the texts came as a list, which decides the form of the answer. */
  readonly isList: boolean;
  readonly parameters: z.infer<typeof parametersSchema>;
}

/** `application/json; charset=utf-8` → `application/json`; undefined where anything will do. */
export function mediaTypeOf(header: string | undefined): string | undefined {
  const type = header?.split(/[;,]/)[0]?.trim().toLowerCase();
  return type === '' || type === '*/*' ? undefined : type;
}

/** Decodes a body as the containers do: JSON, or CSV with a column `inputs`. @throws Refusal ModelError */
export function decodeInputs(body: Buffer, contentType: string | undefined, accept: string): Inputs {
  if (accept !== JSON_TYPE && accept !== CSV_TYPE) {
    throw containerError(`Content type ${accept} is not supported by this framework.`);
  }
  if (contentType === CSV_TYPE) return { texts: readCsv(body), isList: true, parameters: {} };
  if (contentType !== JSON_TYPE) {
    throw containerError(`Content type ${contentType ?? 'None'} is not supported by this framework.`);
  }
  const json = readJson(body, body.length);
  if (!json.ok) throw containerError(json.failure.message);
  const parsed = requestSchema.safeParse(json.value);
  if (!parsed.success) {
    const places = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw containerError(`the request is wrong at ${places.join('; ')}`);
  }
  const { inputs, parameters } = parsed.data;
  const isList = Array.isArray(inputs);
  return { texts: isList ? inputs : [inputs], isList, parameters: parameters ?? {} };
}

/** Encodes what the pipeline gave. @throws Refusal ModelError */
export function encodePredictions(predictions: readonly Prediction[], accept: string): string {
  if (accept === JSON_TYPE) return JSON.stringify(predictions);
  const rows = predictions.map((prediction) => {
    if (Array.isArray(prediction)) throw containerError('several labels for each text do not go into one table');
    return prediction;
  });
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => Object.values(row).map(quoted).join(','));
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

function readCsv(body: Buffer): string[] {
  let rows: unknown;
  try {
    rows = parse(new TextDecoder('utf-8', { fatal: true }).decode(body), { columns: true, to: MAX_TEXTS + 1 });
  } catch {
    throw containerError('the body is not CSV in UTF-8');
  }
  const parsed = z
    .array(z.object({ inputs: z.string() }))
    .min(1)
    .max(MAX_TEXTS)
    .safeParse(rows);
  if (parsed.success) return parsed.data.map(({ inputs }) => inputs);
  throw containerError(
    'You need to provide the correct CSV with Header columns to use it with the inference toolkit default handler.',
  );
}

function quoted(value: unknown): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
