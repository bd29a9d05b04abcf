/**
 * What a service can be asked for, out of the schemas that its SDK client exports (fact N8): routes, the places of
 * members in HTTP, and the names of those that are required. Patterns and lengths are not in them.
 */
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';

/** Operations of a service by name. */
export type Operations = ReadonlyMap<string, StaticOperationSchema>;

const OPERATION = 9;

/** @param client all that the package of an SDK client exports */
export function operationsOf(client: Readonly<Record<string, unknown>>): Operations {
  const operations = new Map<string, StaticOperationSchema>();
  for (const [name, value] of Object.entries(client)) {
    // Schemas are arrays that begin with their kind; the packages export each under its name with a dollar sign.
    if (name.endsWith('$') && Array.isArray(value) && value[0] === OPERATION) {
      operations.set(name.slice(0, -1), value as StaticOperationSchema);
    }
  }
  return operations;
}

export function inputOf(operation: StaticOperationSchema): NormalizedSchema {
  return NormalizedSchema.of(operation[4]);
}

export function outputOf(operation: StaticOperationSchema): NormalizedSchema {
  return NormalizedSchema.of(operation[5]);
}

/** Names of the members that must be there: the first ones, as many as the last element of a structure's schema says. */
export function requiredMembers(schema: NormalizedSchema): readonly string[] {
  if (!schema.isStructSchema()) return [];
  const structure: unknown = schema.getSchema();
  if (!Array.isArray(structure)) return [];
  const [, , , , names, , count] = structure;
  return Array.isArray(names) ? names.slice(0, typeof count === 'number' ? count : 0) : [];
}
