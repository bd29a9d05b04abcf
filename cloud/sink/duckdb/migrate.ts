import type { DuckDBConnection } from '@duckdb/node-api';
import { sinkErrors } from '../errors.ts';
import { DUCKDB } from '../schema/dialect.ts';
import { migrationFrom, SCHEMA_VERSION } from '../schema/migrations.ts';

/** Brings the file to the version of this sink, in one transaction. @throws VergeError SINK_SCHEMA_NEWER */
export async function migrate(connection: DuckDBConnection, name: string): Promise<void> {
  const version = await versionOf(connection);
  if (version > SCHEMA_VERSION) {
    const what = `${name} has version ${version} of Verge's tables, and this Verge knows ${SCHEMA_VERSION}`;
    throw sinkErrors.make('SINK_SCHEMA_NEWER', what);
  }
  if (version === SCHEMA_VERSION) return;
  await connection.run('begin');
  if (version === 0) {
    await connection.run('create table verge_schema (version integer primary key, applied_at timestamptz not null)');
  }
  for (const statement of migrationFrom(version, DUCKDB)) await connection.run(statement);
  await connection.run(`insert into verge_schema values (${SCHEMA_VERSION}, now())`);
  await connection.run('commit');
}

/** 0 for a file without Verge's tables. */
export async function versionOf(connection: DuckDBConnection): Promise<number> {
  const there = await connection.runAndReadAll(
    "select 1 from duckdb_tables() where database_name = current_database() and table_name = 'verge_schema'",
  );
  if (there.currentRowCount === 0) return 0;
  const found = await connection.runAndReadAll('select max(version) from verge_schema');
  return Number(found.getRows()[0]?.[0] ?? 0);
}
