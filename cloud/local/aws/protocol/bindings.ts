import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { CodecSettings } from '@smithy/types';
import { queryPairs, type RequestHead } from '../request.ts';

/** Members of an input that stand in the path, the query and the headers. */
export function readBindings(
  schema: NormalizedSchema,
  head: RequestHead,
  labels: Readonly<Record<string, string>>,
  settings: CodecSettings,
): Record<string, unknown> {
  const read = new FromStringShapeDeserializer(settings);
  const input: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    if (traits.httpLabel) {
      if (labels[name] !== undefined) input[name] = read.read(member, labels[name]);
    } else if (traits.httpQuery) {
      const values = queryPairs(head.query).filter(([key]) => key === traits.httpQuery);
      const [first] = values;
      if (!first) continue;
      input[name] = member.isListSchema()
        ? values.map(([, value]) => read.read(member.getValueSchema(), value))
        : read.read(member, first[1]);
    } else if (traits.httpQueryParams) {
      input[name] = Object.fromEntries(head.parameters);
    } else if (traits.httpHeader) {
      const value = head.headers[traits.httpHeader.toLowerCase()];
      if (value !== undefined) input[name] = read.read(member, value);
    } else if (traits.httpPrefixHeaders) {
      const prefix = traits.httpPrefixHeaders.toLowerCase();
      const found = Object.entries(head.headers).filter(([key]) => key.startsWith(prefix));
      if (found.length > 0)
        input[name] = Object.fromEntries(found.map(([key, value]) => [key.slice(prefix.length), value]));
    }
  }
  return input;
}

/** Headers that members of an output stand in. */
export function writeHeaders(
  schema: NormalizedSchema,
  output: Readonly<Record<string, unknown>>,
  settings: CodecSettings,
): Record<string, string> {
  const write = new ToStringShapeSerializer(settings);
  const headers: Record<string, string> = {};
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits();
    const value = output[name];
    if (value === undefined || value === null) continue;
    if (traits.httpHeader) {
      write.write(member, value);
      headers[traits.httpHeader.toLowerCase()] = write.flush();
    } else if (traits.httpPrefixHeaders) {
      // A map of strings by its schema.
      for (const [key, text] of Object.entries(value as Record<string, string>)) {
        headers[`${traits.httpPrefixHeaders}${key}`.toLowerCase()] = text;
      }
    }
  }
  return headers;
}

/** The member that is the whole body, where there is one. */
export function payloadMember(schema: NormalizedSchema): readonly [string, NormalizedSchema] | undefined {
  for (const [name, member] of schema.structIterator()) if (member.getMergedTraits().httpPayload) return [name, member];
  return undefined;
}

/** Members that the body holds by name. */
export function bodyMembers(schema: NormalizedSchema): readonly string[] {
  return [...schema.structIterator()]
    .filter(([, member]) => {
      const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpPayload, httpResponseCode } =
        member.getMergedTraits();
      return !(
        httpLabel ||
        httpQuery ||
        httpQueryParams ||
        httpHeader ||
        httpPrefixHeaders ||
        httpPayload ||
        httpResponseCode
      );
    })
    .map(([name]) => name);
}

export function only(output: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => output[name] !== undefined).map((name) => [name, output[name]]));
}
