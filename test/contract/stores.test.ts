import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { DuckdbStore } from '../../cloud/sink/duckdb/store.ts';
import { PostgresStore } from '../../cloud/sink/postgres/store.ts';
import { hasPostgres, type Postgres, postgresNote, startPostgres } from '../support/postgres.ts';
import { scratchFolder } from '../support/scratch.ts';
import { storeContract } from './store-contract.ts';

storeContract('a DuckDB file', async () => {
  const file = path.join(scratchFolder(), 'verge.duckdb');
  let last: DuckdbStore | undefined;
  return {
    async open() {
      last = await DuckdbStore.open(file);
      return last;
    },
    // By a second connection of the same process, since the file is locked to it.
    query: async (sql) => ((await last?.run(sql)) ?? []).map(asNumbers),
  };
});

describe.skipIf(!hasPostgres)(`PostgreSQL${postgresNote}`, () => {
  let server: Postgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.close());

  storeContract('PostgreSQL', async () => {
    const url = await server.database(`t${randomBytes(6).toString('hex')}`);
    return {
      open: () => PostgresStore.open(url),
      async query(sql) {
        const client = new Client({ connectionString: url });
        await client.connect();
        try {
          await client.query('set search_path to verge');
          const { rows } = await client.query<Record<string, unknown>>(sql);
          return rows.map(asNumbers);
        } finally {
          await client.end();
        }
      },
    };
  });
});

/** bigint and numeric come as BigInt or as text, so that no digit is lost; those of the tests are small. */
function asNumbers(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isNumber = typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value));
      return [name, isNumber ? Number(value) : value];
    }),
  );
}
