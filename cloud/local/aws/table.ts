import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticStructureSchema } from '@smithy/types';
import { decodeJson, writeJson } from './protocol/json.ts';
import { writeWhole } from './whole-file.ts';

/** Resources of one kind, in memory and in a folder, each in the shape that the service describes it in. */
export interface Table<Row extends object> {
  all(): readonly Row[];
  find(id: string): Row | undefined;
  put(id: string, row: Row): void;
  remove(id: string): void;
}

/**
 * Opens a folder of resources with what an earlier run left in it.
 * @param schema of the row: the output of the call that describes it, from the service's own client
 */
export function openTable<Row extends object>(folder: string, schema: StaticStructureSchema): Table<Row> {
  const shape = NormalizedSchema.of(schema);
  mkdirSync(folder, { recursive: true });
  const rows = new Map<string, Row>();
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
    // Written by `put`, by the same schema.
    const { id, row } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as { id: string; row: object };
    rows.set(id, decodeJson(shape, row) as Row);
  }

  /** Ids hold any character; file names do not. */
  function fileOf(id: string): string {
    return path.join(folder, `${createHash('sha256').update(id).digest('hex').slice(0, 40)}.json`);
  }

  return {
    all: () => [...rows.values()],
    find: (id) => rows.get(id),
    put(id, row) {
      // A row is a structure of the schema, and structures are records.
      const document: unknown = JSON.parse(writeJson(shape, row as Record<string, unknown>));
      writeWhole(fileOf(id), { id, row: document });
      rows.set(id, row);
    },
    remove(id) {
      if (rows.delete(id)) rmSync(fileOf(id));
    },
  };
}
