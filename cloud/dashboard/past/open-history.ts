import { existsSync } from 'node:fs';
import { dashboardErrors } from '../errors.ts';
import type { History } from './history.ts';
import { type Reader, SqlHistory } from './sql-history.ts';
import type { StoredRow } from './stored-rows.ts';

/** A page that waits longer shows what it has. */
const STATEMENT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** By itself DuckDB would take four fifths of the machine. */
const DUCKDB_MEMORY = '1GB';

/** The past in the database at `duckdb:FILE` or `postgres://…`. @throws VergeError DASHBOARD_DATABASE_UNREADABLE */
export function openHistory(address: string): History {
  if (address.startsWith('duckdb:')) {
    const file = address.slice('duckdb:'.length);
    if (!existsSync(file)) throw unreadable(`there is no file ${file}`);
    return new SqlHistory(address, () => readDuckdb(file));
  }
  if (/^postgres(ql)?:\/\//.test(address) && URL.canParse(address)) {
    const { protocol, host, pathname } = new URL(address);
    return new SqlHistory(`${protocol}//${host}${pathname}`, () => readPostgres(address));
  }
  // Not quoted: it may hold a password.
  throw unreadable('--database is neither duckdb:FILE nor postgres://HOST/NAME');
}

/** The package is large and native, so it is loaded only where a file of its kind is read. */
async function readDuckdb(file: string): Promise<Reader> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY', memory_limit: DUCKDB_MEMORY });
  const connection = await instance.connect();
  return {
    async query(sql, values) {
      const reader = await connection.runAndReadAll(sql, [...values]);
      return reader.getRowObjectsJS() as StoredRow[]; // an object for each row, by column
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function readPostgres(url: string): Promise<Reader> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'verge-dashboard',
  });
  client.on('error', () => undefined); // the statement that is under way hears of it
  await client.connect();
  await client.query(`set search_path to verge`);
  await client.query('set default_transaction_read_only = on');
  await client.query(`set statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  return {
    async query(sql, values) {
      const { rows } = await client.query<StoredRow>(sql, [...values]);
      return rows;
    },
    close: () => client.end(),
  };
}

function unreadable(what: string): Error {
  return dashboardErrors.make('DASHBOARD_DATABASE_UNREADABLE', what);
}
