import type { Client } from 'pg';
import { sinkErrors } from '../errors.ts';
import { POSTGRES } from '../schema/dialect.ts';
import { migrationFrom, SCHEMA_VERSION } from '../schema/migrations.ts';

/** The PostgreSQL schema that holds Verge's tables, apart from those of the rest of the database. */
export const SCHEMA = 'verge';
/** Any number: whoever migrates holds this lock, so that two sinks that start together take turns. */
const MIGRATION_LOCK = 7_665_726;

/** Brings the database to the version of this sink, in one transaction. @throws VergeError SINK_SCHEMA_NEWER */
export async function migrate(client: Client, name: string): Promise<void> {
  await client.query('begin');
  await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
  const version = await versionOf(client);
  if (version > SCHEMA_VERSION) {
    await client.query('rollback');
    const what = `${name} has version ${version} of Verge's tables, and this Verge knows ${SCHEMA_VERSION}`;
    throw sinkErrors.make('SINK_SCHEMA_NEWER', what);
  }
  if (version < SCHEMA_VERSION) {
    if (version === 0) {
      await client.query(`create schema if not exists ${SCHEMA}`);
      await client.query('create table verge_schema (version integer primary key, applied_at timestamptz not null)');
    }
    for (const statement of migrationFrom(version, POSTGRES)) await client.query(statement);
    await client.query('insert into verge_schema values ($1, now())', [SCHEMA_VERSION]);
  }
  await client.query('commit');
}

async function versionOf(client: Client): Promise<number> {
  const there = await client.query<{ found: string | null }>(`select to_regclass('${SCHEMA}.verge_schema') as found`);
  if (there.rows[0]?.found === null) return 0;
  const found = await client.query<{ version: number }>('select max(version) as version from verge_schema');
  return found.rows[0]?.version ?? 0;
}
