import type { Dialect } from './dialect.ts';
import { firstTables } from './first-tables.ts';
import { VIEWS } from './views.ts';

/**
 * What makes a database of each version into one of the next: entry 0 makes version 1 out of nothing. An entry that has
 * been released is never changed. Views are no part of it: they are made anew at every migration.
 */
export const MIGRATIONS: readonly ((dialect: Dialect) => readonly string[])[] = [firstTables];

/** The version of the schema that this sink writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The statements that bring a database from a version (0: an empty one) to ours, views and all. */
export function migrationFrom(version: number, dialect: Dialect): readonly string[] {
  const tables = MIGRATIONS.slice(version).flatMap((migration) => migration(dialect));
  const dropped = [...VIEWS].reverse().map(({ name }) => `drop view if exists ${name}`);
  const made = VIEWS.flatMap(({ name, question, sql }) => [
    `create view ${name} as ${sql}`,
    `comment on view ${name} is '${question.replaceAll("'", "''")}'`,
  ]);
  return [...tables, ...dropped, ...made];
}
