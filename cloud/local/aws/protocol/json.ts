import { JsonCodec } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { DocumentType } from '@smithy/types';
import { AwsError } from '../aws-error.ts';
import { type AwsRequest, collect } from '../request.ts';

/** The largest document that an operation of these services takes. */
const MAX_JSON_BYTES = 1024 * 1024;

const settings = { timestampFormat: { useTrait: true, default: 7 }, httpBindings: true, jsonName: true } as const;

/** How values of headers, queries and paths are written in JSON protocols. */
export const jsonBindingSettings = settings;

/** Reads a request's document by its schema; an empty body is an empty structure. */
export async function readJson(schema: NormalizedSchema, request: AwsRequest): Promise<Record<string, unknown>> {
  const body = await collect(request.body, MAX_JSON_BYTES);
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 400, 'The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AwsError('SerializationException', 400, 'The body is not a JSON object.');
  }
  return decodeJson(schema, value);
}

/** A parsed document with the types of its schema: dates, bytes, names. */
export function decodeJson(schema: NormalizedSchema, document: object): Record<string, unknown> {
  try {
    // What JSON.parse yields is a document, and a structure's schema yields a record.
    const parsed = document as DocumentType;
    return new JsonCodec(settings).createDeserializer().readObject(schema, parsed) as Record<string, unknown>;
  } catch (error) {
    throw new AwsError('SerializationException', 400, error instanceof Error ? error.message : 'The body is wrong.');
  }
}

export function writeJson(schema: NormalizedSchema, output: Readonly<Record<string, unknown>>): string {
  const serializer = new JsonCodec(settings).createSerializer();
  serializer.write(schema, output);
  return String(serializer.flush());
}
